# SPDX-License-Identifier: Apache-2.0
"""Nodes deployed and cleaned by the real ironic-python-agent, driven through the REST API as a client does."""

import base64
import gzip
import io
import json
import os
import random
import re
import tarfile
from collections.abc import Callable
from typing import Any

import pycdlib
import pytest
import requests
from oslo_utils import secretutils

from tests.functional.agent.conftest import Enrolled
from tests.functional.agent.images import ImageServer, disk_image
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, wait_for

Enrol = Callable[..., Enrolled]


def _make_available(service: Deployment, server: Enrolled) -> None:
    service.set_provision_state(server.node, "manage", until="manageable")
    service.set_provision_state(server.node, "provide", until="available")


def _instance(service: Deployment, server: Enrolled, info: dict[str, Any]) -> None:
    patch = [{"op": "add", "path": "/instance_info", "value": info}]
    service.call("PATCH", f"/v1/nodes/{server.node}", patch)


def _config_drive(disk: bytes) -> dict[str, bytes]:
    """Return the files of the config drive at the end of a disk, by their Rock Ridge paths."""
    start = disk.rindex(b"\x01CD001\x01") - 16 * 2048
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(disk[start:]))
    assert iso.pvd.volume_identifier.strip() == b"config-2"
    found = {}
    for directory, _, files in iso.walk(rr_path="/"):
        for name in files:
            out = io.BytesIO()
            iso.get_file_from_iso_fp(out, rr_path=f"{directory}/{name}")
            found[f"{directory}/{name}"] = out.getvalue()
    iso.close()
    return found


def test_an_image_of_the_store_by_its_name(service: Deployment, enrol: Enrol) -> None:
    image = disk_image()
    uuid = service.call("POST", "/v1/images", {"name": "debian-12"})["uuid"]
    stored = requests.put(
        f"{service.api_url}/v1/images/{uuid}/upload", data=image, timeout=PATIENCE
    )
    assert stored.status_code == 200, stored.text
    server = enrol(automated_clean=False)
    _make_available(service, server)
    _instance(service, server, {"image_source": "debian-12"})
    service.set_provision_state(server.node, "active", until="active")
    assert server.machine.disk.read_bytes().startswith(image)


def test_from_enroll_to_active(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    image = disk_image()
    server = enrol()
    _make_available(service, server)
    assert server.machine.steps == ["erase_devices_metadata"]
    assert server.bmc.boot_device == "pxe"

    _instance(service, server, images_served.add("disk.img", image))
    node = service.set_provision_state(
        server.node,
        "active",
        until="active",
        configdrive={"meta_data": {"hostname": "first"}, "user_data": "#cloud-config"},
    )
    assert node["power_state"] == "power on"
    assert (node["last_error"], node["deploy_step"]) == (None, {})
    wait_for(lambda: server.machine.boots[-1] == "disk", "the server to boot from its disk")
    assert server.machine.boots == ["ramdisk", "ramdisk", "disk"]
    assert not server.machine.errors

    disk = server.machine.disk.read_bytes()
    assert disk.startswith(image)
    files = _config_drive(disk)
    assert b'"hostname": "first"' in files["/openstack/latest/meta_data.json"]
    assert files["/openstack/latest/user_data"] == b"#cloud-config"

    # The agent got the secrets, and nobody else may see them.
    assert "BOOTIF=" + server.machine.mac in server.machine.kernel_line
    shown = service.request("GET", f"/v1/nodes/{server.node}").text
    assert "H4sI" not in shown
    assert "agent_secret_token" not in shown or '"******"' in shown

    service.set_provision_state(server.node, "deleted", until="available")
    assert not server.bmc.powered_on
    gone = service.node(server.node)
    assert (gone["instance_info"], gone["instance_uuid"]) == ({}, None)
    assert server.machine.disk.read_bytes()[: 1 << 20] == bytes(1 << 20)


def test_an_image_through_the_api(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    """The agent gets a URL of the API, which streams the image from its web server."""
    server = enrol(automated_clean=False)
    _make_available(service, server)
    image = disk_image(seed=3)
    info = {**images_served.add("disk.img", image), "image_download_source": "local"}
    _instance(service, server, info)
    service.set_provision_state(server.node, "active", until="active")
    assert server.machine.disk.read_bytes().startswith(image)
    assert not server.machine.errors


def test_config_drive_that_a_client_has_made(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    # With UEFI, the default, the agent also adds the system to the firmware's boot entries.
    server = enrol(automated_clean=False, properties={})
    _make_available(service, server)
    assert server.machine.boots == []
    image = disk_image(seed=2)
    info = images_served.add("disk.img", image)
    # The agent finds out the format; the checksum has the short form.
    del info["image_disk_format"], info["image_os_hash_algo"]
    info["image_checksum"] = info.pop("image_os_hash_value")
    _instance(service, server, info)
    content = b"not an ISO, but bytes" * 100
    drive = base64.b64encode(gzip.compress(content)).decode()
    service.set_provision_state(server.node, "active", until="active", configdrive=drive)
    disk = server.machine.disk.read_bytes()
    assert disk.startswith(image)
    assert disk.endswith(content)


def test_wrong_checksum(service: Deployment, enrol: Enrol, images_served: ImageServer) -> None:
    server = enrol(automated_clean=False)
    _make_available(service, server)
    info = images_served.add("disk.img", disk_image())
    _instance(service, server, {**info, "image_os_hash_value": "0" * 64})
    failed = service.set_provision_state(server.node, "active", until="deploy failed")
    assert re.search(
        r"deployment failed at step deploy\.write_image.*checksum", failed["last_error"]
    )
    assert failed["power_state"] == "power off"

    # The same node, with the right checksum.
    _instance(service, server, info)
    service.set_provision_state(server.node, "active", until="active")
    assert server.machine.disk.read_bytes().startswith(disk_image())


def test_a_partition_image(service: Deployment, enrol: Enrol, images_served: ImageServer) -> None:
    """The programs that make partitions and file systems are replaced; everything else is the agent's own code."""
    server = enrol(automated_clean=False)
    os.truncate(server.machine.disk, 3 << 30)
    _make_available(service, server)
    root = random.Random(7).randbytes(1 << 20)
    info = {**images_served.add("root.img", root), "image_type": "partition", "root_gb": 1}
    info |= {"swap_mb": 16, "ephemeral_gb": 1, "ephemeral_format": "xfs"}
    _instance(service, server, info)
    drive = {"meta_data": {"hostname": "parted"}}
    node = service.set_provision_state(server.node, "active", until="active", configdrive=drive)
    assert node["last_error"] is None
    told = json.loads((server.machine.disk.parent / "partitions").read_text())
    assert (told["format"], told["preserve_ephemeral"]) == ("xfs", False)
    assert (told["boot_mode"], told["disk_label"]) == ("bios", "msdos")
    assert "grub 5f0c5a3e-3f1b-4f43-a7a4-1c1b0d3b7a10" in server.machine.steps
    assert (told["size"], told["configdrive"]) == (1 + 1024 + 16 + 1024, True)
    assert (server.machine.disk.parent / "root-partition").read_bytes() == root
    wait_for(lambda: server.machine.boots[-1] == "disk", "the server to boot from its disk")


def test_image_that_is_not_there(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    server = enrol(automated_clean=False)
    _make_available(service, server)
    info = images_served.add("disk.img", disk_image())
    _instance(service, server, {**info, "image_source": f"{images_served.url}/nosuch"})
    refused = service.request(
        "PUT", f"/v1/nodes/{server.node}/states/provision", {"target": "active"}
    )
    assert refused.status_code == 400
    assert "404" in refused.text
    assert service.node(server.node)["provision_state"] == "available"


def test_image_that_disappears(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    server = enrol(automated_clean=False)
    _make_available(service, server)
    _instance(service, server, images_served.add("disk.img", disk_image()))
    service.call("PUT", f"/v1/nodes/{server.node}/states/provision", {"target": "active"})
    images_served.files.clear()
    failed = service.wait_for_node(server.node, provision_state="deploy failed", reservation=None)
    assert "deploy.write_image" in failed["last_error"]
    assert "404" in failed["last_error"]


@pytest.mark.parametrize("service", [{"deploy_callback_timeout": 2}], indirect=True)
def test_a_server_whose_agent_never_comes(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    server = enrol(automated_clean=False)
    server.machine.runs_agent = False
    _make_available(service, server)
    _instance(service, server, images_served.add("disk.img", disk_image()))
    failed = service.set_provision_state(server.node, "active", until="deploy failed")
    assert "timed out while in 'wait call-back'" in failed["last_error"]
    assert "console" in failed["last_error"]
    assert failed["power_state"] == "power off"


def test_manual_cleaning_in_the_agent(service: Deployment, enrol: Enrol) -> None:
    server = enrol()
    service.set_provision_state(server.node, "manage", until="manageable")
    steps = [
        {"interface": "deploy", "step": "reboot_after"},
        {"interface": "deploy", "step": "erase_devices"},
    ]
    service.set_provision_state(server.node, "clean", until="manageable", clean_steps=steps)
    assert server.machine.steps == ["reboot_after", "erase_devices"]
    assert server.machine.boots == ["ramdisk", "ramdisk"]


def test_a_step_that_fails_in_the_agent(service: Deployment, enrol: Enrol) -> None:
    server = enrol()
    service.set_provision_state(server.node, "manage", until="manageable")
    failed = service.set_provision_state(
        server.node,
        "clean",
        until="clean failed",
        clean_steps=[{"interface": "deploy", "step": "break"}],
    )
    assert "deploy.break" in failed["last_error"]
    assert "the disk is on fire" in failed["last_error"]
    assert (failed["maintenance"], failed["fault"]) == (True, "clean failure")
    assert failed["power_state"] == "power off"
    (collected,) = service.call("GET", f"/v1/nodes/{server.node}/logs")["logs"]
    assert collected["id"] is not None, collected["detail"]
    path = f"/v1/nodes/{server.node}/logs/{collected['id']}"
    with tarfile.open(fileobj=io.BytesIO(service.request("GET", path).content)) as archive:
        assert archive.getnames()


def test_only_the_agent_of_this_boot_is_listened_to(service: Deployment, enrol: Enrol) -> None:
    server = enrol()
    _start_pausing(service, server)
    path = f"/v1/heartbeat/{server.node}"
    call = {"callback_url": "http://127.0.0.1:1", "agent_version": "13.0.0"}
    before = service.node(server.node)["driver_internal_info"]
    assert before["agent_url"].startswith("https://127.0.0.1:")

    assert service.request("POST", path, call).status_code == 400
    assert service.request("POST", path, {**call, "agent_token": "wrong"}).status_code == 404
    # A second lookup gets no token that could be used.
    found = service.call("GET", f"/v1/lookup?addresses={server.machine.mac}")
    assert found["config"]["agent_token"] == "******"
    after = service.node(server.node)["driver_internal_info"]
    assert after["agent_url"] == before["agent_url"]
    server.machine.let_go()
    service.wait_for_node(server.node, provision_state="manageable", reservation=None)
    # The token died with the boot it was for.
    assert service.request("GET", f"/v1/lookup?addresses={server.machine.mac}").status_code == 404


def test_abort_of_a_step_in_the_agent(service: Deployment, enrol: Enrol) -> None:
    server = enrol()
    _start_pausing(service, server)
    failed = service.set_provision_state(server.node, "abort", until="clean failed")
    assert failed["last_error"] == "The cleaning was aborted by request at step deploy.pause."
    assert failed["power_state"] == "power off"
    assert service.set_provision_state(server.node, "manage", until="manageable")


def test_the_service_is_killed_while_the_agent_works(service: Deployment, enrol: Enrol) -> None:
    server = enrol()
    _start_pausing(service, server)
    assert service.api is not None
    service.api.kill()
    server.machine.let_go()
    wait_for(lambda: "paused" in server.machine.steps, "the end of the step in the agent")
    service.start_all_in_one()
    service.wait_for_node(server.node, provision_state="manageable", reservation=None)
    assert server.machine.steps == ["pause", "paused", "erase_devices"]


def test_servicing_in_the_agent(
    service: Deployment, enrol: Enrol, images_served: ImageServer
) -> None:
    server = enrol(automated_clean=False)
    server.machine.environment["NOTE_PRIORITY"] = "90"
    _make_available(service, server)
    _instance(service, server, images_served.add("disk.img", disk_image()))
    service.set_provision_state(server.node, "active", until="active")
    # The deployment includes a step of the agent, in the order of its priority.
    notes = [step for step in server.machine.steps if step != "sync"]
    assert notes == ["note_deployment", "write_image", "poweroff"]
    node = service.set_provision_state(
        server.node,
        "service",
        until="active",
        service_steps=[{"interface": "deploy", "step": "note_service"}],
    )
    assert node["power_state"] == "power on"
    assert "note_service" in server.machine.steps
    wait_for(
        lambda: server.machine.boots == ["ramdisk", "disk", "ramdisk", "disk"],
        "the server to boot from its disk again",
    )


def test_inspection(service: Deployment, enrol: Enrol) -> None:
    server = enrol(automated_clean=False)
    service.set_provision_state(server.node, "manage", until="manageable")
    rule = {
        "conditions": [
            {"op": "contains", "args": {"value": "{inventory[cpu][model_name]}", "regex": "^te"}},
            {"op": "in-net", "args": {"address": "192.0.2.7", "subnet": "192.0.2.0/24"}},
        ],
        "actions": [
            {"op": "set-attribute", "args": {"path": "/extra/disk", "value": "{item[serial]}"}},
        ],
    }
    rule["actions"][0]["loop"] = [{"serial": "{inventory[disks][0][serial]}"}]
    service.call("POST", "/v1/inspection_rules", rule)
    node = service.set_provision_state(server.node, "inspect", until="manageable")
    assert node["last_error"] is None
    assert node["properties"]["cpu_arch"] == "x86_64"
    assert node["properties"]["memory_mb"] == 1024
    assert node["extra"] == {"disk": "file-disk"}
    assert "ipa-inspection-callback-url=" in server.machine.kernel_line
    (port,) = service.call("GET", f"/v1/ports/detail?node={server.node}")["ports"]
    assert (port["address"], port["pxe_enabled"]) == (server.machine.mac, True)
    found = service.call("GET", f"/v1/nodes/{server.node}/inventory")
    assert found["inventory"]["system_vendor"]["manufacturer"] == "tests"
    assert found["plugin_data"]["configuration"]["managers"][0]["name"] == "FileDiskManager"
    assert found["plugin_data"]["valid_interfaces"]["eth0"]["has_carrier"] is True
    assert server.machine.boots == ["ramdisk"]
    assert not server.bmc.powered_on


def test_rescue(service: Deployment, enrol: Enrol, images_served: ImageServer) -> None:
    server = enrol(automated_clean=False, rescue_interface="agent")
    for what in ("kernel", "ramdisk"):
        images_served.files[f"/{what}"] = b""
        name, value = f"rescue_{what}", f"{images_served.url}/{what}"
        change = [{"op": "add", "path": f"/driver_info/{name}", "value": value}]
        service.call("PATCH", f"/v1/nodes/{server.node}", change)
    _make_available(service, server)
    _instance(service, server, images_served.add("disk.img", disk_image()))
    service.set_provision_state(server.node, "active", until="active")
    node = service.set_provision_state(
        server.node, "rescue", until="rescue", rescue_password="let me in"
    )
    assert node["last_error"] is None
    hashed = server.machine.rescue_password
    assert hashed is not None
    assert secretutils.crypt_password("let me in", hashed) == hashed
    assert server.machine.boots[-1] == "ramdisk"
    service.set_provision_state(server.node, "unrescue", until="active")
    wait_for(lambda: server.machine.boots[-1] == "disk", "the instance to boot again")
    assert server.machine.disk.read_bytes().startswith(disk_image())


def _start_pausing(service: Deployment, server: Enrolled) -> None:
    """Bring a node into a cleaning step that runs in the agent until the test ends it."""
    service.set_provision_state(server.node, "manage", until="manageable")
    steps = [
        {"interface": "deploy", "step": "pause"},
        {"interface": "deploy", "step": "erase_devices"},
    ]
    service.set_provision_state(server.node, "clean", until="clean wait", clean_steps=steps)
    wait_for(lambda: "pause" in server.machine.steps, "the step in the agent", timeout=60)
    service.wait_for_node(server.node, provision_state="clean wait", reservation=None)
