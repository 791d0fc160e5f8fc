# SPDX-License-Identifier: Apache-2.0
"""Which boot devices a server's BMC is given in the course of its life, and which of them for good."""

from typing import Any

import pytest

from ironic_lite.cmd import explain
from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server


def given(server: Server, since: int = 0) -> list[tuple[str, bool]]:
    """The devices that the BMC was given, and whether for all boots."""
    entries = [e.details for e in server.journal("bmc", since) if e.action == "boot-device"]
    return [(d["device"], d["persistent"]) for d in entries]


def live(cloud: Cloud, server: Server) -> None:
    """The server is cleaned, deployed, booted by hand from the network and from the disk, and undeployed."""
    cloud.manage(server)
    cloud.provision(server, "provide", "available")
    cloud.deploy(server, cloud.disk_image())
    server.wait_booted()
    path = f"/v1/nodes/{server.node}/management/boot_device"
    for device, persistent in (("pxe", True), ("disk", False)):
        body = {"boot_device": device, "persistent": persistent}
        cloud.service.call("PUT", path, body)
    cloud.provision(server, "deleted", "available")
    cloud.set(server, deploy_interface="ramdisk", automated_clean=False)
    ramdisk = {"kernel": cloud.image(images.KERNEL), "ramdisk": cloud.image(images.RAMDISK)}
    cloud.deploy(server, ramdisk)
    server.wait_booted()


@pytest.mark.parametrize("never", ["Never", "never"])
def test_nothing_is_ever_set_for_good(cloud: Cloud, never: str) -> None:
    server = cloud.enrol(driver_info={"force_persistent_boot_device": never})
    live(cloud, server)
    devices = given(server)
    assert {device for device, _persistent in devices} == {"pxe", "disk"}
    assert not any(persistent for _device, persistent in devices)


@pytest.mark.parametrize("always", ["Always", True])
def test_everything_is_set_for_good(cloud: Cloud, always: Any) -> None:
    server = cloud.enrol(driver_info={"force_persistent_boot_device": always})
    live(cloud, server)
    assert all(persistent for _device, persistent in given(server))


def test_as_flows_and_clients_ask(cloud: Cloud) -> None:
    server = cloud.enrol()
    live(cloud, server)
    assert {(d, p) for d, p in given(server)} == {
        ("pxe", False),
        ("disk", True),
        ("pxe", True),
        ("disk", False),
    }


def test_nonsense_is_refused_before_anything_happens(cloud: Cloud) -> None:
    server = cloud.enrol(driver_info={"force_persistent_boot_device": "sometimes"})
    shown = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")
    assert "must be Always, Default or Never" in shown["boot"]["reason"]


def test_what_the_bmc_is_and_how_it_is_reached_stands_on_the_node(cloud: Cloud) -> None:
    """The cipher suite is shown, and a vendor that requires other boot values is detected."""
    server = cloud.enrol()
    cloud.rack.set_faults(server.index, bmc_vendor="supermicro")
    cloud.manage(server)
    node = cloud.show(server)
    assert node["driver_internal_info"]["ipmi_cipher_suite"] == 17
    told = cloud.service.call("GET", f"/v1/nodes/{server.node}/timeline")["summary"]
    assert told["cipher_suite"] == 17
    assert "BMC: sessions use cipher suite 17." in explain._summary(told)
    assert node["properties"]["vendor"] == "supermicro"
    named = cloud.enrol(properties={"vendor": "mine"})
    cloud.rack.set_faults(named.index, bmc_vendor="supermicro")
    cloud.manage(named)
    assert cloud.show(named)["properties"]["vendor"] == "mine"
