# SPDX-License-Identifier: Apache-2.0
"""``network_data`` of a node: links, networks and services, in the form of Nova's network_data.json."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from ironic_lite.api import types

_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")
_MOST_MTU = 65535
_BOND_MODES = (
    *("802.3ad", "balance-rr", "active-backup", "balance-xor"),
    *("broadcast", "balance-tlb", "balance-alb"),
)
_WIRES = ("bridge", "dvs", "hw_veb", "hyperv", "ovs", "phy", "tap", "vhostuser", "vif")

Rule = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_mac(value: Any) -> bool:
    return isinstance(value, str) and _MAC.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_mtu(value: Any) -> bool:
    return value is None or (_is_number(value) and 1 <= value <= _MOST_MTU)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_address(kind: Callable[[str], object]) -> Rule:
    def check(value: Any) -> bool:
        try:
            return isinstance(value, str) and kind(value) is not None
        except ValueError:
            return False

    return check


_IPV4 = _is_address(ipaddress.IPv4Address)
_IPV6 = _is_address(ipaddress.IPv6Address)
_ANY_IP = _is_address(ipaddress.ip_address)


def _is_mask(value: Any) -> bool:
    """Whether the address is a netmask such as 255.255.240.0: in binary, ones and then zeros."""
    if not _IPV4(value):
        return False
    hosts = ~int(ipaddress.IPv4Address(value)) & 0xFFFFFFFF
    return hosts & (hosts + 1) == 0


_LINK: Mapping[str, Rule] = {"id": _is_text, "type": _is_text}
_MAY_LINK: Mapping[str, Rule] = {"mtu": _is_mtu, "vif_id": _is_text}
_WIRE = {**_LINK, "ethernet_mac_address": _is_mac}
_LINKS: Mapping[str, Mapping[str, Rule]] = {
    **dict.fromkeys(_WIRES, _WIRE),
    "bond": {**_WIRE, "bond_mode": _BOND_MODES.__contains__, "bond_links": _are_texts},
    "vlan": {**_LINK, "vlan_mac_address": _is_mac, "vlan_id": _is_number, "vlan_link": _is_text},
}
"""What a link of a type has to have."""

_NETWORK: Mapping[str, Rule] = dict.fromkeys(("id", "link", "network_id", "type"), _is_text)
_FAMILIES: Mapping[str, tuple[Rule, Rule]] = {
    **dict.fromkeys(("ipv4", "ipv4_dhcp"), (_IPV4, _is_mask)),
    **dict.fromkeys(("ipv6", "ipv6_dhcp", "ipv6_slaac"), (_IPV6, _IPV6)),
}
"""The rules for addresses and masks of a network of a type."""


class NetworkData(types.Kind):
    """An object with the lists ``links``, ``networks`` and ``services``, or an empty object. More keys are allowed."""

    name = "network data"
    _parts = ("links", "networks", "services")
    schema = {"type": "object", "properties": {part: {"type": "array"} for part in _parts}}

    def check(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or (
            value and not all(isinstance(value.get(part), list) for part in self._parts)
        ):
            raise ValueError("{name} must be an object with the lists links, networks and services")
        for part, check in zip(
            self._parts, (_check_link, _check_network, _check_service), strict=True
        ):
            for number, entry in enumerate(value.get(part, ())):
                check(f"{part}, number {number}", entry)
        return value


def _check_link(where: str, link: Any) -> None:
    _check_type(where, link, _LINKS)
    _check(where, link, _LINKS[link["type"]], _MAY_LINK)


def _check_network(where: str, network: Any) -> None:
    _check_type(where, network, _FAMILIES)
    is_address, is_mask = _FAMILIES[network["type"]]
    _check(where, network, _NETWORK, {"ip_address": is_address, "netmask": is_mask})
    routes = network.get("routes", [])
    if not isinstance(routes, list):
        raise ValueError(f"{{name}}, {where}: routes must be a list")
    needed = {"network": is_address, "netmask": is_mask, "gateway": is_address}
    for number, route in enumerate(routes):
        _check(f"{where}, route {number}", route, needed, {})


def _check_service(where: str, service: Any) -> None:
    _check(where, service, {"type": ("dns",).__contains__, "address": _ANY_IP}, {})


def _check_type(where: str, entry: Any, known: Mapping[str, object]) -> None:
    given = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(given, str) or given not in known:
        raise ValueError(
            f"{{name}}, {where}: it must be an object whose type is one of {', '.join(sorted(known))}"
        )


def _check(
    where: str, entry: Any, needed: Mapping[str, Rule], optional: Mapping[str, Rule]
) -> None:
    """:raises ValueError: a key is missing, or its value is invalid."""
    if not isinstance(entry, dict):
        raise ValueError(f"{{name}}, {where}: it must be an object")
    for key, fits in {**needed, **optional}.items():
        if key not in entry and key in needed:
            raise ValueError(f"{{name}}, {where}: {key} is missing")
        if key in entry and not fits(entry[key]):
            raise ValueError(f"{{name}}, {where}: {key} has a value that does not fit")
