# SPDX-License-Identifier: Apache-2.0
"""Hooks that set capabilities of the node: ``boot-mode``, ``cpu-capabilities``, ``pci-devices``."""

from typing import Any

from ironic_lite.common import exception, json_reading
from ironic_lite.conf import CONF
from ironic_lite.drivers import capabilities
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.drivers.modules.inspector.hooks.properties import fact

_ALIAS = {"vendor_id", "product_id", "name"}


class BootModeHook(InspectionHook):
    """Sets ``boot_mode`` to the boot mode of the ramdisk."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        mode = fact(inventory, "boot", "current_boot_mode")
        if mode in ("bios", "uefi"):
            capabilities.change(task.node, {"boot_mode": mode})


class CPUCapabilitiesHook(InspectionHook):
    """Sets the capabilities that the CPU flags map to (``[inspector] cpu_capabilities``)."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        flags = fact(inventory, "cpu", "flags")
        if not isinstance(flags, list):
            return
        known = CONF.inspector.cpu_capabilities
        found = {name: "true" for flag, name in known.items() if flag in flags}
        capabilities.change(task.node, found)


class PCIDevicesHook(InspectionHook):
    """Sets the number of PCI devices of each configured alias (``[inspector] pci_device_alias``).

    The ramdisk's collector ``pci-devices`` reports them in ``pci_devices`` of the plugin data.
    """

    def __init__(self) -> None:
        self._names = dict(_alias(text) for text in CONF.inspector.pci_device_alias)

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        devices = plugin_data.get("pci_devices")
        if not isinstance(devices, list):
            return
        counts = dict.fromkeys(self._names.values(), 0)
        for device in devices:
            name = self._names.get(_kind(device)) if isinstance(device, dict) else None
            if name is not None:
                counts[name] += 1
        found = {name: str(count) if count else None for name, count in counts.items()}
        capabilities.change(task.node, found)


def _kind(device: Any) -> tuple[str, str]:
    return str(device.get("vendor_id")).lower(), str(device.get("product_id")).lower()


def _alias(text: str) -> tuple[tuple[str, str], str]:
    try:
        alias = json_reading.read(text)
    except json_reading.Unreadable:
        alias = None
    if not isinstance(alias, dict) or set(alias) != _ALIAS:
        raise exception.ConfigInvalid(
            error_msg=f"[inspector] pci_device_alias: '{text}' is not an object with vendor_id, product_id and name."
        )
    return _kind(alias), str(alias["name"])
