# SPDX-License-Identifier: Apache-2.0
"""What can be deployed, taken through the whole service onto a virtual server, and seen on the server."""

import asyncio
from typing import Any

import pytest
import requests

from ironic_lite_simulator import images, ipxe
from tests.functional.rack.cloud import Cloud, Server
from tests.waiting import PATIENCE


def _ramdisk(cloud: Cloud) -> dict[str, Any]:
    return {"kernel": cloud.image(images.KERNEL), "ramdisk": cloud.image(images.RAMDISK)}


def test_a_ramdisk_is_an_instance(cloud: Cloud) -> None:
    """The server is deployed, rebooted, rebuilt with another image and undeployed; no disk is written."""
    server = cloud.enrol_available(deploy_interface="ramdisk")
    node = cloud.deploy(server, _ramdisk(cloud))
    assert (node["power_state"], node["deploy_step"]) == ("power on", {})
    assert server.wait_booted()["booted_url"] == cloud.image(images.KERNEL)

    rebooted = server.now()
    cloud.service.set_power_state(server.node, "rebooting", until="power on")
    assert server.wait_booted()["booted_url"] == cloud.image(images.KERNEL)
    assert "pxe" in server.phases(rebooted)

    cloud.set(server, instance_info={"boot_iso": cloud.image(images.ISO_IMAGE)})
    cloud.provision(server, "rebuild", "active")
    assert server.wait_booted()["booted_url"] == cloud.image(images.ISO_IMAGE)

    cloud.provision(server, "deleted", "available")
    assert server.status["power"] == "off"
    assert server.status["disk_image_size"] == 0
    assert "agent" not in server.phases()
    assert _boot_script(cloud, server).splitlines()[-1] == "exit"


def _boot_script(cloud: Cloud, server: Server) -> str:
    mac = server.status["mac"].replace(":", "-")
    return requests.get(f"{cloud.service.api_url}/boot/{mac}", timeout=PATIENCE).text


def test_a_ramdisk_instance_is_cleaned_and_serviced_by_the_agent(cloud: Cloud) -> None:
    server = cloud.enrol_available(deploy_interface="ramdisk")
    cloud.deploy(server, _ramdisk(cloud))
    burn_in = {"interface": "deploy", "step": "burnin_cpu"}
    cloud.provision(server, "service", "active", service_steps=[burn_in])
    assert server.wait_booted()["booted_url"] == cloud.image(images.KERNEL)
    assert server.steps() == ["burnin_cpu"]
    cloud.set(server, automated_clean=True)
    cloud.provision(server, "deleted", "available")
    assert server.steps() == ["burnin_cpu", "erase_devices_metadata", "erase_pstore"]


@pytest.mark.parametrize("mode", ["uefi", "bios"])
def test_a_partition_image(cloud: Cloud, mode: str) -> None:
    """A rebuild keeps the ephemeral partition when it is asked to, and makes a new one otherwise."""
    server = cloud.enrol_available(properties={"capabilities": f"boot_mode:{mode}"})
    info = {
        **cloud.disk_image(images.ROOT_IMAGE),
        "image_type": "partition",
        "root_gb": 2,
        "swap_mb": 64,
        "ephemeral_gb": 1,
    }
    cloud.deploy(server, info, configdrive={"meta_data": {"hostname": "parted"}})
    status = server.wait_booted()
    assert status["booted_image"] == images.catalog()[images.ROOT_IMAGE].sha256
    assert status["boot_mode"] == mode
    made = _partitions(server)
    assert list(made) == ["efi", "ephemeral", "swap", "root"][mode == "bios" :]
    assert (made["root"]["size"], made["swap"]["size"]) == (2048, 64)
    assert cloud.rack.config_drive(server.index) is not None

    cloud.set(server, instance_info={**info, "preserve_ephemeral": True})
    cloud.provision(server, "rebuild", "active")
    server.wait_booted()
    kept = _partitions(server)
    assert kept["ephemeral"]["uuid"] == made["ephemeral"]["uuid"]
    assert kept["root"]["uuid"] != made["root"]["uuid"]

    cloud.set(server, instance_info=info)
    cloud.provision(server, "rebuild", "active")
    assert _partitions(server)["ephemeral"]["uuid"] != made["ephemeral"]["uuid"]
    cloud.provision(server, "deleted", "available")
    assert "instance" not in cloud.show(server)["driver_internal_info"]


def _partitions(server: Server) -> dict[str, dict[str, Any]]:
    return {p["label"]: p for p in server.status["partitions"]}


def test_only_the_agents_own_steps(cloud: Cloud) -> None:
    """The deploy interface custom-agent writes what its steps write, here one of a deploy template."""
    step = {"interface": "deploy", "step": "erase_devices_metadata", "args": {}, "priority": 81}
    cloud.service.call("POST", "/v1/deploy_templates", {"name": "CUSTOM_ERASE", "steps": [step]})
    server = cloud.enrol_available(deploy_interface="custom-agent")
    cloud.service.call("PUT", f"/v1/nodes/{server.node}/traits", {"traits": ["CUSTOM_ERASE"]})
    cloud.deploy(server, {"traits": ["CUSTOM_ERASE"]})
    assert server.steps() == ["erase_devices_metadata"]
    assert server.status["power"] == "on"


def test_what_somebody_else_deploys(cloud: Cloud) -> None:
    """The deploy interface noop goes through all states, and leaves power and disk alone."""
    node = cloud.service.create_node(
        driver="manual-management",
        deploy_interface="noop",
        boot_interface="ipxe",
        automated_clean=False,
    )
    for target, until in (
        ("manage", "manageable"),
        ("provide", "available"),
        ("active", "active"),
        ("rebuild", "active"),
        ("deleted", "available"),
    ):
        shown = cloud.service.set_provision_state(node, target, until=until)
        assert shown["power_state"] in (None, "power off")


def test_a_server_that_gets_no_script_goes_on_to_its_next_device(cloud: Cloud) -> None:
    """What DHCP hands out, run by firmware whose script server is away: it tries for a while, then it lets go."""
    text = requests.get(f"{cloud.service.api_url}/boot.ipxe", timeout=PATIENCE).text
    fetched = 0

    async def fetch(url: str) -> bytes:
        nonlocal fetched
        if url.endswith("boot.ipxe"):
            return text.replace("sleep 10", "sleep 0").encode()
        fetched += 1
        raise ipxe.FetchError(url)

    async def download(_url: str) -> int:
        raise AssertionError

    firmware = ipxe.Firmware({"mac": "52:54:00:ff:ff:ff"}, fetch, download)
    assert asyncio.run(firmware.run("http://api/boot.ipxe")).action == "exit"
    assert fetched == 30
    unknown = requests.get(f"{cloud.service.api_url}/boot/52-54-00-ff-ff-ff", timeout=PATIENCE)
    assert unknown.text.splitlines()[-1] == "exit"
