# SPDX-License-Identifier: Apache-2.0
"""A config drive that the service builds has the networks of the VIFs that are attached, with a real Neutron."""

import base64
import gzip
import itertools
import uuid
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.conductor.operations.flows import deploy
from ironic_lite.conf import CONF
from tests.cloud import config_drive
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.network.plugged import link, mac
from tests.functional.servers.neutron import Neutron

_numbers = itertools.count(0x200000)
SUBNET = {
    "dns_nameservers": ["192.0.2.53", "192.0.2.54"],
    "host_routes": [{"destination": "198.51.100.0/24", "nexthop": "10.88.0.7"}],
}


@pytest.fixture
def core(core: ConductorCore) -> ConductorCore:
    """With the network interface of the nodes enabled."""
    CONF.set_override("enabled_network_interfaces", ["noop", "flat", "neutron"])
    return core


@pytest.fixture
def node(core: ConductorCore) -> objects.Node:
    return core.create_node(states.AVAILABLE, network_interface="neutron", name="web-1")


def _port(core: ConductorCore, node: objects.Node, **fields: Any) -> objects.Port:
    number = next(_numbers)
    port = core.create_port(node, mac(number))
    port.local_link_connection = link(f"Eth1/{number}")
    for name, value in fields.items():
        setattr(port, name, value)
    port.save()
    return port


def _attach(core: ConductorCore, node: objects.Node, vif: dict[str, Any]) -> None:
    with core.task(node) as task:
        task.driver.network.vif_attach(task, {"id": vif["id"]})


def _network_data(core: ConductorCore, node: objects.Node, drive: Any) -> Any:
    """`network_data.json` of the drive that the node gets."""
    deployed = core.do(deploy.start, node, drive)
    stored = deployed.instance_info["configdrive"]
    return config_drive.read(gzip.decompress(base64.b64decode(stored))).network_data


def test_a_port(core: ConductorCore, neutron: Neutron, node: objects.Node) -> None:
    port = _port(core, node)
    network = neutron.create_network(cidr="10.88.0.0/24", subnet=SUBNET)
    vif = neutron.create_port(network)
    _attach(core, node, vif)
    (address,) = vif["fixed_ips"]
    assert _network_data(core, node, {"meta_data": {"a": 1}}) == {
        "links": [
            {
                "id": "iface0",
                "type": "phy",
                "ethernet_mac_address": port.address,
                "vif_id": vif["id"],
                "mtu": network["mtu"],
            }
        ],
        "networks": [
            {
                "id": "network0",
                "network_id": network["id"],
                "type": "ipv4",
                "link": "iface0",
                "ip_address": address["ip_address"],
                "netmask": "255.255.255.0",
                "routes": [
                    {"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.88.0.1"},
                    {"network": "198.51.100.0", "netmask": "255.255.255.0", "gateway": "10.88.0.7"},
                ],
            }
        ],
        "services": [
            {"type": "dns", "address": "192.0.2.53"},
            {"type": "dns", "address": "192.0.2.54"},
        ],
    }


def test_a_port_group_and_ipv6(core: ConductorCore, neutron: Neutron, node: objects.Node) -> None:
    group = objects.Portgroup(
        core.context,
        uuid=str(uuid.uuid4()),
        node_id=node.id,
        address=mac(next(_numbers)),
        mode="802.3ad",
        properties={"miimon": 100, "bond_lacp_rate": "fast"},
    )
    group.create()
    members = [_port(core, node, portgroup_id=group.id) for _ in range(2)]
    alone = _port(core, node)
    version6 = {"ip_version": 6, "gateway_ip": "2001:db8::1"}
    networks = [
        neutron.create_network(cidr="2001:db8::/64", subnet=version6),
        neutron.create_network(cidr="10.89.0.0/24", subnet={"gateway_ip": None}),
    ]
    vifs = [neutron.create_port(network) for network in networks]
    for vif in vifs:
        _attach(core, node, vif)
    found = _network_data(core, node, {"network_data": {"links": [], "networks": []}})
    by_type = {each["type"]: each for each in found["links"]}
    bond = by_type["bond"]
    assert (bond["vif_id"], bond["ethernet_mac_address"]) == (vifs[0]["id"], group.address)
    assert (bond["bond_mode"], bond["bond_miimon"], bond["bond_lacp_rate"]) == (
        *("802.3ad", 100, "fast"),
    )
    macs = {each["id"]: each["ethernet_mac_address"] for each in found["links"]}
    assert [macs[name] for name in bond["bond_links"]] == [port.address for port in members]
    version6, version4 = sorted(found["networks"], key=lambda each: -len(each["netmask"]))
    assert macs[version4["link"]] == alone.address
    assert (version6["link"], version6["type"]) == (bond["id"], "ipv6")
    assert version6["routes"] == [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}]
    assert (version4["type"], version4["routes"]) == ("ipv4", [])


@pytest.mark.parametrize("drive", [{"network_data": {"links": [{"id": "own"}]}}, "not asked"])
def test_what_the_client_sends_stays(
    core: ConductorCore, neutron: Neutron, node: objects.Node, drive: Any
) -> None:
    """Its own networks; and nothing is added if the option says so."""
    if drive == "not asked":
        CONF.set_override("disable_configdrive_check", True, group="conductor")
        drive = {}
    _port(core, node)
    _attach(core, node, neutron.create_port(neutron.create_network(cidr="10.90.0.0/24")))
    assert _network_data(core, node, drive) == drive.get("network_data")


def test_without_a_vif(core: ConductorCore, node: objects.Node) -> None:
    _port(core, node)
    assert _network_data(core, node, {"user_data": "x"}) is None


def test_a_vif_that_is_gone(core: ConductorCore, neutron: Neutron, node: objects.Node) -> None:
    """The deployment is refused, and the node can be deployed when the cause is gone."""
    _port(core, node)
    vif = neutron.create_port(neutron.create_network(cidr="10.91.0.0/24"))
    _attach(core, node, vif)
    neutron.call("DELETE", f"/ports/{vif['id']}")
    with (
        core.task(node) as task,
        pytest.raises(exception.NetworkError, match=f"VIF {vif['id']} no longer exists"),
    ):
        deploy.start(task, {"user_data": "x"})
    assert core.node(node).provision_state == states.AVAILABLE
