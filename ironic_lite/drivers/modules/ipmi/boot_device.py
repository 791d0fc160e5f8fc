# SPDX-License-Identifier: Apache-2.0
"""Boot devices over IPMI, including BMCs that do not follow the specification.

Some BMCs accept an override for one boot only. The node's record then keeps the persistent boot device, under Ironic's
names, and it is set again before each power-on. ``driver_info/ipmi_force_boot_device`` requests that from the start.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import commands, driver_info
from ironic_lite.drivers.modules.ipmi.commands import BootDevice, BootFlags

LOG = log.getLogger(__name__)

SELECTORS = {
    management.PXE: BootDevice.PXE,
    management.DISK: BootDevice.DISK,
    management.CDROM: BootDevice.CDROM,
    management.BIOS: BootDevice.BIOS,
    management.SAFE: BootDevice.SAFE,
}
_NAMES = {selector: name for name, selector in SELECTORS.items()}

# Vendors that use other selectors than the specification in UEFI mode, by the start of ``properties/vendor``.
_OF_VENDORS = {"supermicro": {management.DISK: BootDevice.REMOTE_MEDIA}}

DEVICE = "persistent_boot_device"
"""In ``driver_internal_info``: the persistent boot device, set before each power-on."""
NEXT_BOOT = "is_next_boot_persistent"
"""In ``driver_internal_info``: False while the BMC has another device for the next boot."""
ONE_TIME_ONLY = "ipmi_one_time_boot_devices_only"
"""In ``driver_internal_info``: True when the BMC did not take a persistent boot device."""

_NOTHING = {"boot_device": None, "persistent": None}


def set_device(task: Task, device: str, persistent: bool) -> None:
    """Set System Boot Options (IPMI 2.0 section 28.12, table 28-14). The UEFI flag follows the node's boot mode.

    :param device: a key of ``SELECTORS``.
    :raises IPMIFailure: when the BMC cannot be reached or refuses.
    """
    node, info = task.node, driver_info.parse(task.node.driver_info)
    if driver_info.flag(
        node.driver_info, "ipmi_disable_boot_timeout", CONF.ipmi.disable_boot_timeout
    ):
        commands.keep_boot_flags(info, task.ensure_locked)
    if persistent and not _forced(node):
        refusal = _try_persistent(task, info, device)
        if refusal is None:
            _forget(node)
            return
        why = f"{refusal} The conductor sets it before each power-on instead."
        LOG.warning("Node %s: %s", node.uuid, why)
        task.note_retry(f"boot device {device}", why)
        node.set_driver_internal_info(ONE_TIME_ONLY, True)
    _send(task, info, device, persistent=False)
    if persistent:
        node.set_driver_internal_info(DEVICE, device)
        node.del_driver_internal_info(NEXT_BOOT)
        node.save()
    elif _kept(node):
        node.set_driver_internal_info(NEXT_BOOT, False)
        node.save()


def get_device(task: Task) -> dict[str, Any]:
    """Get System Boot Options (IPMI 2.0 section 28.13).

    :returns: ``boot_device`` and ``persistent``, both None when there is no override, or its selector is unknown.
    """
    node = task.node
    if _kept(node) and node.driver_internal_info.get(NEXT_BOOT, True):
        return {"boot_device": _kept(node), "persistent": True}
    flags = commands.get_boot_flags(driver_info.parse(node.driver_info))
    name = _NAMES.get(flags.device)
    if flags.uefi:
        own = {selector: name for name, selector in _of_vendor(node).items()}
        name = own.get(flags.device, name)
    return {"boot_device": name, "persistent": flags.persistent} if name else dict(_NOTHING)


def before_power_on(task: Task) -> None:
    """Set the boot device again if the BMC does not keep it."""
    node = task.node
    device = _kept(node)
    if device in SELECTORS and node.driver_internal_info.get(NEXT_BOOT, True):
        _send(task, driver_info.parse(node.driver_info), device, persistent=False)


def after_power_on(task: Task) -> None:
    """Forget the boot device that was for one boot only."""
    if NEXT_BOOT in task.node.driver_internal_info:
        task.node.del_driver_internal_info(NEXT_BOOT)
        task.node.save()


def _forced(node: Any) -> bool:
    return driver_info.flag(node.driver_info, "ipmi_force_boot_device", False)


def _kept(node: Any) -> Any:
    """Return the persistent boot device if it must be set before each boot, else None."""
    if _forced(node) or node.driver_internal_info.get(ONE_TIME_ONLY):
        return node.driver_internal_info.get(DEVICE)
    return None


def _forget(node: Any) -> None:
    """Remove the boot device from the record: the BMC keeps it now."""
    names = [n for n in (DEVICE, NEXT_BOOT, ONE_TIME_ONLY) if n in node.driver_internal_info]
    for name in names:
        node.del_driver_internal_info(name)
    if names:
        node.save()


def _of_vendor(node: Any) -> dict[str, BootDevice]:
    letters = "".join(c for c in str(node.properties.get("vendor") or "").lower() if c.isalnum())
    return next((own for name, own in _OF_VENDORS.items() if letters.startswith(name)), {})


def _flags(node: Any, device: str, persistent: bool) -> BootFlags:
    uefi = boot_mode.of(node) == boot_mode.UEFI
    selector = SELECTORS[device]
    if uefi:
        selector = _of_vendor(node).get(device, selector)
    return BootFlags(selector, persistent, uefi)


def _send(task: Task, info: driver_info.ConnectionInfo, device: str, persistent: bool) -> None:
    commands.set_boot_flags(info, _flags(task.node, device, persistent), task.ensure_locked)


def _try_persistent(task: Task, info: driver_info.ConnectionInfo, device: str) -> str | None:
    """Set the device for all boots.

    :returns: why the BMC does not keep it; None when it does.
    """
    try:
        _send(task, info, device, persistent=True)
    except exception.IPMICommandRefused as refused:
        return f"{refused} The request was to set a persistent boot device."
    raw = commands.get_raw_boot_flags(info)
    if raw is None or not raw[0] & 0x80 or raw[0] & 0x40:
        return None
    return (
        f"BMC {info.endpoint} accepts a persistent boot device, but uses it for the next boot only."
    )
