# SPDX-License-Identifier: Apache-2.0
"""A server that no node is known for, with the real ironic-python-agent, from its first boot to its deployment."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functional.agent import images, machine
from tests.functional.agent.conftest import OPTIONS
from tests.functional.deployment import Deployment
from tests.functional.servers import ipmi_sim
from tests.waiting import wait_for

MAC = "52:54:00:d1:00:01"


@dataclasses.dataclass
class Unknown:
    """A server in front of a service that discovers."""

    service: Deployment
    machine: machine.Machine
    bmc: ipmi_sim.BMC

    def boot_from_network(self) -> None:
        """Somebody switches it on; the network is its first boot device."""
        (self.bmc.state / "boot").write_text("pxe")
        self.bmc.powered_on = True

    def node(self) -> dict[str, Any] | None:
        ports = self.service.call("GET", f"/v1/ports?address={MAC}&fields=node_uuid")["ports"]
        return self.service.node(ports[0]["node_uuid"]) if ports else None


@pytest.fixture
def unknown(
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
    start_bmc: Callable[..., ipmi_sim.BMC],
) -> Iterator[Unknown]:
    with images.image_server() as ramdisks:
        ramdisks.files.update({"/kernel": b"", "/ramdisk": b""})
        conductor = {
            **OPTIONS["conductor"],
            "deploy_kernel": f"{ramdisks.url}/kernel",
            "deploy_ramdisk": f"{ramdisks.url}/ramdisk",
        }
        options = {**OPTIONS, "conductor": conductor, "auto_discovery": {"enabled": True}}
        service = make_deployment(database=sqlite_url, options=options)
        service.start_all_in_one()
        bmc = start_bmc(name="unknown")
        with machine.running(bmc, MAC, service.api_url) as server:
            server.environment.update({"FILE_DISK_BMC": bmc.address, "FILE_DISK_SERIAL": "AB/12"})
            yield Unknown(service, server, bmc)


def test_from_an_unknown_server_to_a_deployed_one(
    unknown: Unknown, images_served: images.ImageServer
) -> None:
    service = unknown.service
    unknown.boot_from_network()
    wait_for(lambda: unknown.machine.boots, "a boot")
    wait_for(lambda: not unknown.bmc.powered_on, "the agent to power the server off", timeout=120)
    node = unknown.node()
    assert node is not None
    assert (node["name"], node["driver"], node["provision_state"]) == ("AB-12", "ipmi", "enroll")
    assert node["last_error"] is None
    assert node["driver_info"] == {"ipmi_address": unknown.bmc.address}
    assert node["extra"]["discovered"]["system_uuid"] == unknown.machine.uuid
    assert node["properties"]["memory_mb"] == 1024
    (port,) = service.call("GET", f"/v1/ports/detail?node={node['uuid']}")["ports"]
    assert (port["address"], port["pxe_enabled"]) == (MAC, True)
    # The BMC was not asked: nobody knows its password.
    assert unknown.bmc.history == []
    assert unknown.machine.boots == ["ramdisk"]

    # Switched on again it is known, and boots its disk.
    unknown.boot_from_network()
    wait_for(lambda: unknown.machine.boots[1:], "the second boot")
    assert unknown.machine.boots == ["ramdisk", "disk"]
    assert unknown.node() == node

    patch = [
        {"op": "add", "path": f"/driver_info/{name}", "value": value}
        for name, value in unknown.bmc.driver_info.items()
    ]
    patch.append({"op": "add", "path": "/automated_clean", "value": False})
    patch.append({"op": "add", "path": "/properties/capabilities", "value": "boot_mode:bios"})
    service.call("PATCH", f"/v1/nodes/{node['uuid']}", patch)
    service.set_provision_state(node["uuid"], "manage", until="manageable")
    service.set_provision_state(node["uuid"], "inspect", until="manageable")
    service.set_provision_state(node["uuid"], "provide", until="available")
    image = images.disk_image()
    info = [{"op": "add", "path": "/instance_info", "value": images_served.add("disk.img", image)}]
    service.call("PATCH", f"/v1/nodes/{node['uuid']}", info)
    service.set_provision_state(node["uuid"], "active", until="active")
    assert unknown.machine.disk.read_bytes().startswith(image)
    assert not unknown.machine.errors
