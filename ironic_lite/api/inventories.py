# SPDX-License-Identifier: Apache-2.0
"""Cleans the inspection data of ramdisks: drops the parts that cannot be used.

Firmware and drivers report odd values, and ramdisks of all ages pass them on. One wrong part must not make the
rest useless.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]

MAX_INTERFACES = 1024

_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_SALVAGED = 64
_MAC_INSIDE = re.compile(
    rb'"mac_address"\s{0,8}:\s{0,8}"([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})"', re.ASCII
)
_BMC_INSIDE = re.compile(rb'"bmc_(?:v6)?address"\s{0,8}:\s{0,8}"([0-9A-Fa-f:.]{2,45})"', re.ASCII)


def clean(inventory: Mapping[str, Any]) -> Data:
    """Return an inventory whose parts have the right types."""
    kept = {name: value for name, value in inventory.items() if _fits(name, value)}
    kept["interfaces"] = [each for each in _objects(inventory, "interfaces") if _has_mac(each)]
    if "disks" in kept:
        kept["disks"] = [_with_numbers(disk, "size") for disk in _objects(inventory, "disks")]
    for section, name in (("cpu", "count"), ("memory", "physical_mb"), ("memory", "total")):
        if section in kept:
            kept[section] = _with_numbers(kept[section], name)
    return kept


def clean_extra(data: Mapping[str, Any]) -> Data:
    """Clean the data that ramdisks send besides the inventory."""
    kept = {name: value for name, value in data.items() if _fits(name, value)}
    if "root_disk" in kept:
        kept["root_disk"] = _with_numbers(kept["root_disk"], "size")
    return kept


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("cpu", "memory", "boot", "system_vendor", "root_disk", "lldp_raw"), _is_object
    ),
    **dict.fromkeys(("disks", "interfaces", "pci_devices"), _is_list),
    **dict.fromkeys(
        ("bmc_address", "bmc_v6address"), lambda value: value is None or isinstance(value, str)
    ),
}


def _fits(name: str, value: Any) -> bool:
    kind = _KINDS.get(name)
    return kind is None or kind(value)


def _objects(inventory: Mapping[str, Any], name: str) -> list[Data]:
    found = inventory.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _has_mac(interface: Data) -> bool:
    return isinstance(interface.get("mac_address"), str)


def _with_numbers(section: Data, name: str) -> Data:
    """Return the section with a number given as text or float converted; without it when it is not a number."""
    if name not in section:
        return section
    value = section[name]
    if isinstance(value, str) and _DIGITS.match(value.strip()):
        return {**section, name: int(value)}
    if isinstance(value, float) and value.is_integer():
        return {**section, name: int(value)}
    if isinstance(value, int) and not isinstance(value, bool):
        return section
    return {key: each for key, each in section.items() if key != name}


def salvage(body: bytes) -> tuple[list[str], set[str]]:
    """Return the MAC and BMC addresses in an unreadable body, to identify its node."""
    macs = [found[1].decode().lower() for found in _MAC_INSIDE.finditer(body)]
    bmcs = {found[1].decode() for found in _BMC_INSIDE.finditer(body)}
    return list(dict.fromkeys(macs))[:_SALVAGED], set(sorted(bmcs)[:2])
