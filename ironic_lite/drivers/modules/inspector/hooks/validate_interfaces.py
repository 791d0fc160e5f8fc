# SPDX-License-Identifier: Apache-2.0
"""Hook ``validate-interfaces``: finds the server's network interfaces, and which of them become ports.

Sets in the plugin data: ``all_interfaces`` and ``valid_interfaces`` (``{name: interface}``, each with
``pxe_enabled``), and ``macs``, the MAC addresses of the valid ones.
"""

import contextlib
import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook

LOG = log.getLogger(__name__)

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
# The ramdisk's BOOTIF starts with the hardware type: 01 is Ethernet, 20 Infiniband.
_BOOTIF = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{2}(?:-[0-9a-f]{2}){5})")
_NO_MAC = "00:00:00:00:00:00"
_MAX_NAME = 255


class ValidateInterfacesHook(InspectionHook):
    """Reads ``[inspector] add_ports``."""

    def preprocess(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        boot = inventory.get("boot")
        pxe = pxe_mac(boot.get("pxe_interface") if isinstance(boot, dict) else None)
        known = _all(inventory, pxe)
        wanted = CONF.inspector.add_ports
        valid = {name: nic for name, nic in known.items() if _is_valid(nic, wanted, pxe)}
        if not valid and wanted != "disabled":
            raise exception.HardwareInspectionFailure(
                f"no network interface in the inventory may become a port ([inspector] add_ports is '{wanted}')"
            )
        plugin_data["all_interfaces"] = known
        plugin_data["valid_interfaces"] = valid
        plugin_data["macs"] = [nic["mac_address"] for nic in valid.values()]


def pxe_mac(reported: Any) -> str | None:
    """Return the MAC address that the ramdisk booted from, with colons; None when it is unknown."""
    if not isinstance(reported, str):
        return None
    mac = reported.strip().lower()
    if _MAC.fullmatch(mac):
        return mac
    found = _BOOTIF.fullmatch(mac)
    return str(found.group(1)).replace("-", ":") if found else None


def _all(inventory: Data, pxe: str | None) -> dict[str, Data]:
    found = {}
    for reported in inventory["interfaces"]:
        name, mac = reported.get("name"), str(reported.get("mac_address")).lower()
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not _MAC.fullmatch(mac):
            LOG.debug("An interface without a name or a MAC address is left out: %.200r", reported)
            continue
        found[name] = {
            "ipv4_address": None,
            "ipv6_address": None,
            **reported,
            "mac_address": mac,
            "pxe_enabled": mac == pxe,
        }
    return found


def _is_valid(nic: Data, wanted: str, pxe: str | None) -> bool:
    if nic["mac_address"] == _NO_MAC or nic["name"] == "lo":
        return False
    if wanted == "all":
        return True
    if wanted == "pxe" and pxe is not None:
        return bool(nic["pxe_enabled"])
    # The ramdisk does not know its boot interface, so take the interfaces with an IP address.
    return wanted in ("pxe", "active") and _has_address(nic)


def _has_address(nic: Data) -> bool:
    return any(not each.is_loopback and not each.is_unspecified for each in addresses(nic))


def addresses(nic: Data) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Yield the IP addresses of an interface of the inventory."""
    for text in (nic["ipv4_address"], nic["ipv6_address"]):
        with contextlib.suppress(ValueError):
            yield ipaddress.ip_address(str(text).partition("%")[0])
