# SPDX-License-Identifier: Apache-2.0
"""Servers on a port that the tenant has made, and on a port group of the node."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import furnishing, servers
from tests.cloud.composition import Cloud
from tests.functional.deployment import Deployment

BONDED = "CUSTOM_BONDED"


def test_a_port_of_the_tenant(furnished: Cloud) -> None:
    """It has the machine's MAC while the server lives, and its own one again afterwards."""
    tenant = furnished.tenant
    made = tenant.ask("port", "create", "--network", furnishing.TENANT_NETWORK, "own")
    server = servers.create(furnished, "on-a-port", "--port", "own")
    server.wait_until_booted()
    servers.check_network(server)
    assert server.port()["id"] == made["id"]
    tenant("server", "delete", "--wait", "on-a-port")
    servers.check_nothing_is_left(server)
    left = tenant.ask("port", "show", "own")
    assert (left["status"], left["device_id"]) == ("DOWN", "")
    assert left["mac_address"] not in [nic["mac"] for nic in server.machine["nics"]]
    tenant("port", "delete", "own")


@pytest.fixture
def bonded_node(furnished: Cloud) -> Iterator[dict[str, Any]]:
    """The port group of an available node, which both its ports belong to; and a flavor that asks for the node."""
    service = furnished.baremetal
    uuid = furnishing.free_node(furnished)
    ports = service.call("GET", f"/v1/nodes/{uuid}/ports")["ports"]
    bond = {"node_uuid": uuid, "address": ports[0]["address"], "mode": "802.3ad"}
    furnishing.make_flavor(furnished, "bonded", BONDED)
    group = service.call("POST", "/v1/portgroups", bond)
    try:
        _set_group(service, uuid, ports, group["uuid"])
        furnishing.mark(furnished, uuid, BONDED)
        yield group
    finally:
        furnishing.unmark(furnished, uuid)
        _set_group(service, uuid, ports, None)
        service.call("DELETE", f"/v1/portgroups/{group['uuid']}")
        furnished.administrator("flavor", "delete", "bonded")


def _set_group(
    service: Deployment, node: str, ports: list[dict[str, Any]], group: str | None
) -> None:
    """Move ports into a port group, or out of one. An available node must be under maintenance for this."""
    change = [{"op": "add", "path": "/portgroup_uuid", "value": group}]
    service.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": "cabling"})
    for port in ports:
        service.call("PATCH", f"/v1/ports/{port['uuid']}", change)
    service.call("DELETE", f"/v1/nodes/{node}/maintenance")


def test_a_port_group(furnished: Cloud, bonded_node: dict[str, Any]) -> None:
    """The server's port has the group's address, and both network cards are in the tenant's network."""
    server = servers.create(
        furnished,
        "on-a-group",
        *("--network", furnishing.TENANT_NETWORK, "--config-drive", "true"),
        flavor="bonded",
    )
    server.wait_until_booted()
    servers.check_network(server)
    assert server.port()["mac_address"] == bonded_node["address"]
    networks = [nic["network"] for nic in server.machine["nics"]]
    assert networks == [server.network()] * 2
    links = {link["type"] for link in server.config_drive().network_data["links"]}
    assert links == {"bond", "phy"}
    furnished.tenant("server", "delete", "--wait", "on-a-group")
    servers.check_nothing_is_left(server)
