# SPDX-License-Identifier: Apache-2.0
"""Hooks about the switch ports of a server: ``parse-lldp``, ``local-link-connection``, ``physical-network``."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector import lldp
from ironic_lite.drivers.modules.inspector.hooks import validate_interfaces
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.drivers.modules.inspector.hooks.ports import of_node
from ironic_lite.objects.port import Port

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_MAX_TEXT = 255


def _parsed(nic: Data, plugin_data: Data) -> Data:
    """Return the parsed LLDP data of one interface. Newer ramdisks send it in ``lldp_raw`` of the plugin data."""
    beside = plugin_data.get("lldp_raw")
    raw = beside.get(nic["name"]) if isinstance(beside, dict) else None
    return lldp.parse(raw or nic.get("lldp"))


def _ports(task: Task, plugin_data: Data) -> Iterator[tuple[Port, Data]]:
    """Yield the node's ports, each with its interface of the inventory."""
    nics = {nic["mac_address"]: nic for nic in plugin_data["all_interfaces"].values()}
    for port in of_node(task):
        if port.address in nics:
            yield port, nics[port.address]


class ParseLLDPHook(InspectionHook):
    """Sets ``parsed_lldp`` in the plugin data: ``{interface: {name: value}}``."""

    dependencies = ("validate-interfaces",)

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        parsed = {
            name: _parsed(nic, plugin_data) for name, nic in plugin_data["all_interfaces"].items()
        }
        plugin_data["parsed_lldp"] = {name: found for name, found in parsed.items() if found}


class LocalLinkConnectionHook(InspectionHook):
    """Sets ``local_link_connection`` of the ports: the switch's MAC address, port and name."""

    dependencies = ("validate-interfaces",)

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        for port, nic in _ports(task, plugin_data):
            link = _link(_parsed(nic, plugin_data))
            if link:
                # Values that the operator has set win.
                port.local_link_connection = {**link, **(port.local_link_connection or {})}
                port.save()


def _link(said: Data) -> dict[str, str]:
    link = {}
    chassis = said.get("switch_chassis_id", "")
    if _MAC.fullmatch(chassis):
        link["switch_id"] = chassis
    for field, key in (("port_id", "switch_port_id"), ("switch_info", "switch_system_name")):
        # The name of a switch may hold line breaks.
        value = " ".join(said.get(key, "").split())
        if value and len(value) <= _MAX_TEXT:
            link[field] = value
    return link


class PhysicalNetworkHook(InspectionHook):
    """Sets ``physical_network`` of the ports by their IP addresses (``[inspector] physical_network_cidr_map``)."""

    dependencies = ("validate-interfaces",)

    def __init__(self) -> None:
        self._networks = [_network(text) for text in CONF.inspector.physical_network_cidr_map]

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        for port, nic in _ports(task, plugin_data):
            found = self._network_of(nic)
            if found is not None:
                port.physical_network = found
                port.save()

    def _network_of(self, nic: Data) -> str | None:
        for address in validate_interfaces.addresses(nic):
            for subnet, name in self._networks:
                if address in subnet:
                    return name
        return None


def _network(text: str) -> tuple[Any, str]:
    subnet, _colon, name = text.strip().rpartition(":")
    try:
        network = ipaddress.ip_network(subnet)
    except ValueError:
        network = None
    if network is None or not name:
        raise exception.ConfigInvalid(
            error_msg=f"[inspector] physical_network_cidr_map: '{text}' is not SUBNET:NETWORK."
        )
    return network, name
