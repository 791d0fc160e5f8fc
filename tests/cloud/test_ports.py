# SPDX-License-Identifier: Apache-2.0
"""Servers on a port that the tenant has made, and on a port group of the node."""

from typing import Any

import pytest

from tests.cloud import furnishing, servers
from tests.cloud.composition import Cloud
from tests.waiting import wait_for

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
def bonded_node(furnished: Cloud) -> Any:
    """An available node whose two ports are a port group, and a flavor that asks for it."""
    service = furnished.baremetal
    node, *_ = service.call("GET", "/v1/nodes?provision_state=available&associated=false")["nodes"]
    uuid = node["uuid"]
    ports = service.call("GET", f"/v1/nodes/{uuid}/ports")["ports"]
    group = service.call(
        "POST",
        "/v1/portgroups",
        {"node_uuid": uuid, "address": ports[0]["address"], "mode": "802.3ad"},
    )
    for port in ports:
        path = f"/v1/ports/{port['uuid']}"
        member = [{"op": "add", "path": "/portgroup_uuid", "value": group["uuid"]}]
        service.call("PATCH", path, member)
    service.call("PUT", f"/v1/nodes/{uuid}/traits/{BONDED}")
    furnishing.make_flavor(furnished, "bonded", BONDED)
    traits = f"/resource_providers/{uuid}/traits"
    wait_for(
        lambda: BONDED in furnished.ask("placement", traits)["traits"], "the trait", interval=0.5
    )
    yield group
    service.call("DELETE", f"/v1/nodes/{uuid}/traits/{BONDED}")
    for port in ports:
        path = f"/v1/ports/{port['uuid']}"
        service.call("PATCH", path, [{"op": "remove", "path": "/portgroup_uuid"}])
    service.call("DELETE", f"/v1/portgroups/{group['uuid']}")
    furnished.administrator("flavor", "delete", "bonded")


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
