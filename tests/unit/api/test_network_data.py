# SPDX-License-Identifier: Apache-2.0
"""``network_data``: valid values, and errors that name the invalid part."""

from typing import Any

import pytest

from ironic_lite.api.resources.network_data import NetworkData

MAC = "02:00:00:00:00:01"
PHY = {"id": "l1", "type": "phy", "ethernet_mac_address": MAC, "mtu": 1500, "vif_id": "v"}
BOND = {
    "id": "l2",
    "type": "bond",
    "ethernet_mac_address": MAC,
    "bond_mode": "802.3ad",
    "bond_links": ["l1"],
}
VLAN = {"id": "l3", "type": "vlan", "vlan_mac_address": MAC, "vlan_id": 7, "vlan_link": "l2"}
IPV4 = {
    "id": "n1",
    "type": "ipv4",
    "link": "l1",
    "network_id": "x",
    "ip_address": "192.0.2.10",
    "netmask": "255.255.255.0",
    "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "192.0.2.1"}],
}
IPV6 = {
    "id": "n2",
    "type": "ipv6",
    "link": "l3",
    "network_id": "y",
    "ip_address": "2001:db8::10",
    "netmask": "ffff:ffff:ffff:ffff::",
    "routes": [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}],
}
DHCP = {"id": "n3", "type": "ipv4_dhcp", "link": "l1", "network_id": "z"}
DNS = {"type": "dns", "address": "2001:db8::53"}


def _data(**parts: Any) -> dict[str, Any]:
    return {"links": [], "networks": [], "services": [], **parts}


@pytest.mark.parametrize(
    "value",
    [
        {},
        _data(),
        _data(links=[PHY, BOND, VLAN], networks=[IPV4, IPV6, DHCP], services=[DNS]),
        _data(links=[{**PHY, "mtu": None, "ours": [1]}], more={"a": 1}),
    ],
)
def test_taken(value: Any) -> None:
    assert NetworkData().check(value) == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "must be an object with the lists"),
        ({"links": []}, "must be an object with the lists"),
        (_data(networks="x"), "must be an object with the lists"),
        (_data(links=[PHY, 1]), "links, number 1: it must be an object whose type is one of"),
        (_data(links=[{}]), "links, number 0: it must be an object whose type is one of bond, "),
        (_data(links=[{**PHY, "type": "ipv4"}]), "links, number 0: it must be"),
        (_data(links=[{**PHY, "type": ["phy"]}]), "links, number 0: it must be"),
        (_data(links=[{"id": "l1", "type": "phy"}]), "ethernet_mac_address is missing"),
        (_data(links=[{**PHY, "ethernet_mac_address": "x"}]), "ethernet_mac_address has a value"),
        (_data(links=[{**PHY, "id": 1}]), "id has a value"),
        (_data(links=[{**PHY, "mtu": 0}]), "mtu has a value"),
        (_data(links=[{**PHY, "mtu": True}]), "mtu has a value"),
        (_data(links=[{**BOND, "bond_mode": "fast"}]), "bond_mode has a value"),
        (_data(links=[{**BOND, "bond_mode": []}]), "bond_mode has a value"),
        (_data(links=[{**BOND, "bond_links": [1]}]), "bond_links has a value"),
        (_data(links=[{**VLAN, "vlan_id": "7"}]), "vlan_id has a value"),
        (_data(networks=[{"id": "n1", "type": "ipv4"}]), "networks, number 0: link is missing"),
        (_data(networks=[{**IPV4, "type": "ipv5"}]), "whose type is one of ipv4, ipv4_dhcp, "),
        (_data(networks=[{**IPV4, "ip_address": "2001:db8::1"}]), "ip_address has a value"),
        (_data(networks=[{**IPV4, "netmask": "24"}]), "netmask has a value"),
        (_data(networks=[{**IPV4, "netmask": "255.0.255.0"}]), "netmask has a value"),
        (_data(networks=[{**IPV4, "netmask": 24}]), "netmask has a value"),
        (_data(networks=[{**IPV6, "netmask": "64"}]), "netmask has a value"),
        (_data(networks=[{**IPV4, "routes": {}}]), "routes must be a list"),
        (_data(networks=[{**IPV4, "routes": [1]}]), "number 0, route 0: it must be an object"),
        (_data(networks=[{**IPV4, "routes": [{}]}]), "number 0, route 0: network is missing"),
        (_data(services=[{"type": "dns"}]), "services, number 0: address is missing"),
        (_data(services=[{"type": "ntp", "address": "192.0.2.1"}]), "type has a value"),
        (_data(services=[{"type": {}, "address": "192.0.2.1"}]), "type has a value"),
    ],
)
def test_refused(value: Any, told: str) -> None:
    with pytest.raises(ValueError, match="{name}") as refused:
        NetworkData().check(value)
    assert told in str(refused.value)
