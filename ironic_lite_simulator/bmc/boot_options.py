# SPDX-License-Identifier: Apache-2.0
"""System boot options (IPMI 2.0 sections 28.12 to 28.14, table 28-14)."""

import dataclasses
from collections.abc import Callable

from ironic_lite_simulator.faults import Faults

SET_IN_PROGRESS = 0
VALID_BIT_CLEARING = 3
BOOT_INFO_ACKNOWLEDGE = 4
BOOT_FLAGS = 5
BOOT_INITIATOR_INFO = 6
# Parameter lengths in bytes, without the selector.
_LENGTHS = {SET_IN_PROGRESS: 1, 1: 1, 2: 1, VALID_BIT_CLEARING: 1, 4: 2, BOOT_FLAGS: 5, 6: 9}

_VALID = 0x80
PERSISTENT = 0x40
_EFI = 0x20
_KEEP_WITHOUT_RESTART = 0x08
# Flags are forgotten if no restart follows within 60 s, unless parameter 3 says otherwise.
FLAGS_LIFETIME = 60.0

# Boot device selector, data 2 bits 5:2 of parameter 5.
DEVICES = {
    0b0000: "default",
    0b0001: "pxe",
    0b0010: "disk",
    0b0011: "disk",
    0b0100: "diagnostic",
    0b0101: "cdrom",
    0b0110: "bios",
    0b0111: "cdrom",
    0b1000: "cdrom",
    0b1001: "cdrom",
    0b1011: "disk",
    0b1111: "floppy",
}


# Vendors whose selectors mean something else in UEFI mode.
_OF_VENDORS = {"supermicro": {0b0010: "pxe", 0b1001: "disk"}}


@dataclasses.dataclass(frozen=True, slots=True)
class BootOverride:
    """A requested boot device: its name, whether it is persistent, and the firmware type."""

    device: str
    persistent: bool
    efi: bool


class BootOptions:
    """The boot option parameters of one BMC."""

    def __init__(self, clock: Callable[[], float], faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self._clock = clock
        self._parameters = {number: bytes(length) for number, length in _LENGTHS.items()}
        self._set_at = 0.0

    def supported(self, number: int) -> bool:
        return number in self._parameters

    def set(self, number: int, value: bytes) -> bool:
        """Store a parameter; False if its length is wrong."""
        length = _LENGTHS[number]
        if number == BOOT_INITIATOR_INFO:
            value = value.ljust(length, b"\0")
        if len(value) != length:
            return False
        if number == BOOT_INFO_ACKNOWLEDGE:
            mask, bits = value
            value = bytes((0, (self._parameters[number][1] & ~mask) | (bits & mask)))
        self._parameters[number] = value
        if number == BOOT_FLAGS:
            self._set_at = self._clock()
        return True

    def get(self, number: int) -> bytes:
        if number == BOOT_FLAGS:
            self._forget_old_flags()
        return self._parameters[number]

    @property
    def override(self) -> BootOverride | None:
        """The boot device in force; None when the firmware's own order applies."""
        flags = self.get(BOOT_FLAGS)
        selector = flags[1] >> 2 & 0x0F
        device = DEVICES.get(selector, "default")
        if flags[0] & _EFI and self._faults.bmc_vendor:
            device = _OF_VENDORS[self._faults.bmc_vendor].get(selector, device)
        if not flags[0] & _VALID or device == "default":
            return None
        return BootOverride(device, bool(flags[0] & PERSISTENT), bool(flags[0] & _EFI))

    def take(self) -> BootOverride | None:
        """Return the override for a boot that starts now, and clear it if it was for one boot."""
        override = self.override
        if override is not None and not override.persistent:
            self._parameters[BOOT_FLAGS] = bytes(_LENGTHS[BOOT_FLAGS])
        return override

    def restart_seen(self) -> None:
        """Note a chassis control: the flags in force now do not expire after 60 s any more."""
        self._set_at = float("inf")

    def _forget_old_flags(self) -> None:
        flags = self._parameters[BOOT_FLAGS]
        keep = self._parameters[VALID_BIT_CLEARING][0] & _KEEP_WITHOUT_RESTART
        if flags[0] & PERSISTENT or keep:
            return
        if self._clock() - self._set_at > FLAGS_LIFETIME:
            self._parameters[BOOT_FLAGS] = bytes(_LENGTHS[BOOT_FLAGS])
