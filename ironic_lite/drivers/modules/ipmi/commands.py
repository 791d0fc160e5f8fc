# SPDX-License-Identifier: Apache-2.0
"""The IPMI commands that the interfaces need, as functions of a ``ConnectionInfo``.

Commands that change a server take a guard. It is called before each packet of the command, and its exception stops the
command: logging in and waiting for a slow BMC may take longer than the caller's lock lasts.

All raise ``IPMIUnreachable``, ``IPMIAuthenticationFailure`` or ``IPMICommandRefused``. Sections and tables are those of
the IPMI specification, version 2.0, revision 1.1.
"""

import dataclasses
import enum

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import driver_info, sessions, transport, wire

LOG = log.getLogger(__name__)

_CHASSIS = 0x00

_GET_CHASSIS_STATUS = 0x01
_CHASSIS_CONTROL = 0x02
_SET_BOOT_OPTIONS = 0x08
_GET_BOOT_OPTIONS = 0x09

_BOOT_FLAG_VALID_CLEARING = 3
_BOOT_FLAGS = 5
_KEEP_ON_TIMEOUT = 0b0000_1000
_CONVENIENCE = 5.0
"""Seconds to try for a request that is helpful but not necessary."""


class ChassisControl(enum.IntEnum):
    """Actions of Chassis Control (table 28-4)."""

    POWER_DOWN = 0
    POWER_UP = 1
    POWER_CYCLE = 2
    HARD_RESET = 3
    DIAGNOSTIC_INTERRUPT = 4
    SOFT_SHUTDOWN = 5


class BootDevice(enum.IntEnum):
    """Boot device selector of the boot flags (table 28-14, parameter 5, data 2, bits 5:2)."""

    NONE = 0x0
    PXE = 0x1
    DISK = 0x2
    SAFE = 0x3
    CDROM = 0x5
    BIOS = 0x6
    REMOTE_MEDIA = 0x9


_SELECTORS = {int(device): device for device in BootDevice}


@dataclasses.dataclass(frozen=True)
class BootFlags:
    """Boot flags of a BMC (table 28-14, parameter 5).

    :param device: ``NONE`` for no override; also returned for an unknown selector.
    :param persistent: for all boots, not only the next one.
    :param uefi: boot in UEFI instead of BIOS mode.
    """

    device: BootDevice
    persistent: bool = False
    uefi: bool = False


@dataclasses.dataclass(frozen=True)
class DeviceID:
    """Manufacturer and firmware of the BMC (section 20.1).

    :param manufacturer: IANA enterprise number.
    """

    manufacturer: int
    product: int
    firmware: str


def power_is_on(info: driver_info.ConnectionInfo) -> bool | None:
    """Return whether the server is on, by Get Chassis Status (section 28.2).

    :returns: None when the BMC's answer holds no status.
    """
    answer = _send(info, _GET_CHASSIS_STATUS)
    return bool(answer[0] & 1) if answer else None


def chassis_control(
    info: driver_info.ConnectionInfo, what: ChassisControl, guard: transport.Guard
) -> None:
    """Send Chassis Control (section 28.3). A request that is not idempotent is sent only once.

    When the server is in the wrong state for it, it fails at once with the completion code ``retry.WRONG_STATE``.
    """
    resend = what in (ChassisControl.POWER_DOWN, ChassisControl.POWER_UP)
    request = wire.Request(
        *(_CHASSIS, _CHASSIS_CONTROL, bytes([what])), resend=resend, state_matters=True, guard=guard
    )
    sessions.POOL.command(info, request)


def keep_boot_flags(info: driver_info.ConnectionInfo, guard: transport.Guard) -> None:
    """Make the BMC keep boot flags for longer than 60 s without a power-on (section 28.12, parameter 3).

    This is optional: if the BMC refuses or does not answer, it returns without an error.
    """
    request = wire.Request(
        _CHASSIS,
        _SET_BOOT_OPTIONS,
        bytes([_BOOT_FLAG_VALID_CLEARING, _KEEP_ON_TIMEOUT]),
        patience=_CONVENIENCE,
        guard=guard,
    )
    try:
        sessions.POOL.command(info, request)
    except (exception.IPMICommandRefused, exception.IPMIUnreachable) as refused:
        LOG.info("The BMC may forget the boot device after 60 s without a power-on: %s", refused)


def set_boot_flags(
    info: driver_info.ConnectionInfo, flags: BootFlags, guard: transport.Guard
) -> None:
    """Set System Boot Options (section 28.12)."""
    first = 0
    if flags.device is not BootDevice.NONE:
        first = 0x80 | (0x40 if flags.persistent else 0) | (0x20 if flags.uefi else 0)
    set_raw_boot_flags(info, bytes([first, flags.device << 2, 0, 0, 0]), guard)


def set_raw_boot_flags(
    info: driver_info.ConnectionInfo, flags: bytes, guard: transport.Guard
) -> None:
    """Set the five bytes of parameter 5 that :func:`get_raw_boot_flags` has returned."""
    _send(info, _SET_BOOT_OPTIONS, bytes([_BOOT_FLAGS]) + flags, guard=guard)


def get_raw_boot_flags(info: driver_info.ConnectionInfo) -> bytes | None:
    """Return the five bytes of parameter 5; None when the BMC does not return them within a few seconds."""
    request = wire.Request(
        _CHASSIS, _GET_BOOT_OPTIONS, bytes([_BOOT_FLAGS, 0, 0]), patience=_CONVENIENCE
    )
    try:
        answer = sessions.POOL.command(info, request)
    except (exception.IPMICommandRefused, exception.IPMIUnreachable):
        return None
    return answer[2:7] if len(answer) >= 7 and not answer[1] & 0x80 else None


def get_boot_flags(info: driver_info.ConnectionInfo) -> BootFlags:
    """Get System Boot Options (section 28.13)."""
    return _flags(_send(info, _GET_BOOT_OPTIONS, bytes([_BOOT_FLAGS, 0, 0])))


def _flags(answer: bytes) -> BootFlags:
    if len(answer) < 4:
        return BootFlags(BootDevice.NONE)
    parameter_invalid, valid = answer[1] & 0x80, answer[2] & 0x80
    device = _SELECTORS.get((answer[3] >> 2) & 0xF, BootDevice.NONE)
    if parameter_invalid or not valid or device is BootDevice.NONE:
        return BootFlags(BootDevice.NONE)
    return BootFlags(device, bool(answer[2] & 0x40), bool(answer[2] & 0x20))


def get_device_id(info: driver_info.ConnectionInfo) -> DeviceID:
    """Get Device ID (section 20.1)."""
    answer = sessions.POOL.command(info, wire.DEVICE_ID).ljust(11, b"\0")
    return DeviceID(
        manufacturer=int.from_bytes(answer[6:9], "little"),
        product=int.from_bytes(answer[9:11], "little"),
        firmware=f"{answer[2] & 0x7F}.{answer[3] >> 4}{answer[3] & 0xF}",
    )


def _send(
    info: driver_info.ConnectionInfo,
    command: int,
    data: bytes = b"",
    guard: transport.Guard | None = None,
) -> bytes:
    request = wire.Request(_CHASSIS, command, data, guard=guard)
    return sessions.POOL.command(info, request)
