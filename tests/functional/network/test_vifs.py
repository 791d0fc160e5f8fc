# SPDX-License-Identifier: Apache-2.0
"""VIFs: ports of tenants in Neutron, attached to a node's ports and port groups."""

import uuid

import pytest

from tests.functional.network.plugged import Plugged, message

INTERFACES = ("flat", "neutron")


@pytest.fixture(params=INTERFACES)
def interface(request: pytest.FixtureRequest) -> str:
    """The test runs once for each network interface that uses Neutron."""
    name: str = request.param
    return name


def test_a_vif_is_attached_and_detached(plugged: Plugged, interface: str) -> None:
    """Its port in Neutron gets the MAC address of the node's port, and another one when it is detached."""
    node = plugged.node(interface)
    port = plugged.port(node)
    vif = plugged.vif()
    assert plugged.attach(node, vif["id"]).status_code == 204
    assert plugged.attached(node) == [vif["id"]]
    assert plugged.internal(port) == {"tenant_vif_port_id": vif["id"]}
    seen = plugged.neutron.port(vif["id"])
    assert (seen["mac_address"], seen["binding:host_id"]) == (port["address"], node)
    assert seen["binding:vnic_type"] == "baremetal"

    assert plugged.detach(node, vif["id"]).status_code == 204
    assert plugged.attached(node) == []
    assert plugged.internal(port) == {}
    seen = plugged.neutron.port(vif["id"])
    assert seen["mac_address"] != port["address"]
    assert seen["binding:host_id"] == ""


def test_a_vif_is_attached_once(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    for _ in range(2):
        plugged.port(node)
    vif = plugged.vif()["id"]
    assert plugged.attach(node, vif).status_code == 204
    again = plugged.attach(node, vif)
    assert again.status_code == 409
    assert f"VIF {vif} is already attached" in message(again)
    assert plugged.attached(node) == [vif]


def test_no_port_is_left(plugged: Plugged, interface: str) -> None:
    """As many VIFs as ports; the next one is refused until one is detached."""
    node = plugged.node(interface)
    plugged.port(node)
    first, second = (plugged.vif()["id"] for _ in range(2))
    assert plugged.attach(node, first).status_code == 204
    refused = plugged.attach(node, second)
    assert refused.status_code == 400
    assert "not enough free physical ports" in message(refused)
    assert plugged.neutron.port(second)["binding:host_id"] == ""
    plugged.detach(node, first)
    assert plugged.attach(node, second).status_code == 204


def test_a_node_without_ports(plugged: Plugged, interface: str) -> None:
    refused = plugged.attach(plugged.node(interface), plugged.vif()["id"])
    assert refused.status_code == 400
    assert "not enough free physical ports" in message(refused)


def test_what_is_not_attached_is_not_detached(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    plugged.port(node)
    refused = plugged.detach(node, plugged.vif()["id"])
    assert refused.status_code == 400
    assert "it is not attached" in message(refused)


def test_a_port_that_neutron_does_not_have(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    port = plugged.port(node)
    missing = str(uuid.uuid4())
    refused = plugged.attach(node, missing)
    assert refused.status_code == 400
    assert f"Neutron port {missing} was not found" in message(refused)
    assert plugged.internal(port) == {}


def test_a_vif_that_its_tenant_has_deleted(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    port = plugged.port(node)
    vif = plugged.vif()["id"]
    plugged.attach(node, vif)
    plugged.neutron.call("DELETE", f"/ports/{vif}")
    assert plugged.detach(node, vif).status_code == 204
    assert plugged.internal(port) == {}


def test_a_port_group_comes_first(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    port = plugged.port(node)
    group = plugged.group(node)
    first, second = (plugged.vif()["id"] for _ in range(2))
    plugged.attach(node, first)
    assert plugged.internal(group, "portgroups") == {"tenant_vif_port_id": first}
    assert plugged.neutron.port(first)["mac_address"] == group["address"]
    plugged.attach(node, second)
    assert plugged.internal(port) == {"tenant_vif_port_id": second}
    assert sorted(plugged.attached(node)) == sorted((first, second))


def test_an_empty_port_group_takes_none(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    plugged.group(node, members=0)
    assert plugged.attach(node, plugged.vif()["id"]).status_code == 400


def test_a_port_group_without_an_address(plugged: Plugged, interface: str) -> None:
    """The VIF keeps its own MAC address."""
    node = plugged.node(interface)
    group = plugged.group(node, address=None)
    vif = plugged.vif()
    assert plugged.attach(node, vif["id"]).status_code == 204
    assert plugged.internal(group, "portgroups") == {"tenant_vif_port_id": vif["id"]}
    assert plugged.neutron.port(vif["id"])["mac_address"] == vif["mac_address"]
    assert plugged.detach(node, vif["id"]).status_code == 204
    assert plugged.neutron.port(vif["id"])["mac_address"] == vif["mac_address"]


def test_a_port_that_boots_comes_first(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    plugged.port(node, pxe_enabled=False)
    port = plugged.port(node)
    vif = plugged.vif()["id"]
    plugged.attach(node, vif)
    assert plugged.internal(port) == {"tenant_vif_port_id": vif}


def test_the_physical_network_decides(plugged: Plugged, interface: str) -> None:
    """A port in another physical network is no candidate, and one in the same is better than one in none."""
    node = plugged.node(interface)
    plugged.port(node, physical_network="physnet2")
    vif = plugged.vif()["id"]
    assert plugged.attach(node, vif).status_code == 400
    plugged.port(node)
    right = plugged.port(node, physical_network="physnet1", pxe_enabled=False)
    assert plugged.attach(node, vif).status_code == 204
    assert plugged.internal(right) == {"tenant_vif_port_id": vif}


def test_the_client_chooses(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    plugged.port(node)
    port = plugged.port(node, pxe_enabled=False)
    group = plugged.group(node)
    first, second = (plugged.vif()["id"] for _ in range(2))
    assert plugged.attach(node, first, port_uuid=port["uuid"]).status_code == 204
    assert plugged.internal(port) == {"tenant_vif_port_id": first}
    assert plugged.attach(node, second, portgroup_uuid=group["uuid"]).status_code == 204
    assert plugged.internal(group, "portgroups") == {"tenant_vif_port_id": second}
    taken = plugged.attach(node, plugged.vif()["id"], port_uuid=port["uuid"])
    assert taken.status_code == 400


def test_a_vif_of_an_active_node(plugged: Plugged) -> None:
    """It is plugged at once, and unplugged at once: the switch gets the commands."""
    node = plugged.node("neutron")
    port = plugged.port(node)
    plugged.activate(node)
    vif = plugged.vif()["id"]
    assert plugged.attach(node, vif).status_code == 204
    seen = plugged.neutron.port(vif)
    assert (seen["status"], seen["binding:vif_type"]) == ("ACTIVE", "other")
    assert seen["binding:profile"]["local_link_information"] == [port["local_link_connection"]]
    where = port["local_link_connection"]["port_id"]
    assert ("plug", where) in plugged.neutron.switch_commands()
    assert plugged.detach(node, vif).status_code == 204
    seen = plugged.neutron.port(vif)
    assert (seen["binding:host_id"], seen["binding:profile"]) == ("", {})
    assert ("delete", where) in plugged.neutron.switch_commands()


def test_a_port_group_of_an_active_node(plugged: Plugged) -> None:
    """All its cables and the bond are told to Neutron."""
    node = plugged.node("neutron")
    group = plugged.group(
        node, name="bond", mode="802.3ad", properties={"miimon": "100"}, physical_network="physnet1"
    )
    plugged.activate(node)
    vif = plugged.vif()["id"]
    assert plugged.attach(node, vif).status_code == 204
    profile = plugged.neutron.port(vif)["binding:profile"]
    assert len(profile["local_link_information"]) == 2
    assert profile["physical_network"] == "physnet1"
    assert profile["local_group_information"] == {
        "id": group["uuid"],
        "name": "bond",
        "bond_mode": "802.3ad",
        "bond_properties": {"bond_miimon": "100"},
    }


def test_a_vif_of_another_server(plugged: Plugged, interface: str) -> None:
    """A port that is bound to another node is not taken from it."""
    mine, theirs = plugged.node(interface), plugged.node("neutron")
    port = plugged.port(mine)
    plugged.port(theirs)
    plugged.activate(theirs)
    vif = plugged.vif()["id"]
    assert plugged.attach(theirs, vif).status_code == 204
    before = plugged.neutron.port(vif)
    refused = plugged.attach(mine, vif)
    assert refused.status_code == 409
    assert theirs in message(refused)
    after = plugged.neutron.port(vif)
    assert (after["binding:host_id"], after["mac_address"]) == (theirs, before["mac_address"])
    assert plugged.internal(port) == {}


def test_a_port_without_a_cable(plugged: Plugged) -> None:
    """neutron needs local_link_connection; flat does not."""
    node = plugged.node("neutron")
    plugged.port(node, local_link_connection={})
    refused = plugged.attach(node, plugged.vif()["id"])
    assert refused.status_code == 400
    assert "local_link_connection" in message(refused)
    flat = plugged.node("flat")
    plugged.port(flat, local_link_connection={})
    assert plugged.attach(flat, plugged.vif()["id"]).status_code == 204


def test_the_address_of_a_port_with_a_vif(plugged: Plugged, interface: str) -> None:
    """The VIF gets the new address; the port is not deleted."""
    node = plugged.node(interface)
    port = plugged.port(node)
    vif = plugged.vif()["id"]
    plugged.attach(node, vif)
    address = port["address"].replace("52:54", "52:55")
    patch = [{"op": "replace", "path": "/address", "value": address}]
    plugged.service.call("PATCH", f"/v1/ports/{port['uuid']}", patch)
    assert plugged.neutron.port(vif)["mac_address"] == address
    kept = plugged.service.request("DELETE", f"/v1/ports/{port['uuid']}")
    assert kept.status_code == 409
    assert vif in message(kept)


def test_a_switch_that_neutron_does_not_know(plugged: Plugged) -> None:
    """The port fails to bind: the request fails, and nothing is attached."""
    node = plugged.node("neutron")
    wrong = {"switch_id": "00:00:00:00:00:cc", "port_id": "Eth9", "switch_info": "tor9"}
    port = plugged.port(node, local_link_connection=wrong)
    plugged.activate(node)
    vif = plugged.vif()["id"]
    failed = plugged.attach(node, vif)
    assert failed.status_code == 500
    assert "local_link_connection" in message(failed)
    assert plugged.internal(port) == {}
    assert plugged.neutron.port(vif)["binding:host_id"] == ""
    assert plugged.neutron.port(vif)["mac_address"] != port["address"]


def test_a_node_is_deleted_with_its_vif(plugged: Plugged, interface: str) -> None:
    node = plugged.node(interface)
    port = plugged.port(node)
    vif = plugged.vif()["id"]
    plugged.attach(node, vif)
    plugged.service.call("DELETE", f"/v1/nodes/{node}")
    seen = plugged.neutron.port(vif)
    assert seen["binding:host_id"] == ""
    assert seen["mac_address"] != port["address"]
