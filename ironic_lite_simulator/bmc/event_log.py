# SPDX-License-Identifier: Apache-2.0
"""System event log and clock of a BMC (IPMI 2.0 chapter 31; records of table 32-1)."""

import struct
from collections.abc import Callable

CAPACITY = 512
"""Entries that fit; later ones are lost, and the overflow flag is set."""

FIRST, LAST = 0x0000, 0xFFFF
"""Record numbers that stand for the oldest and the newest entry; LAST as a next one says that none follows."""

_SYSTEM_EVENT = 0x02
_BMC = 0x0020
_EVENT_REVISION = 0x04
_SENSOR_SPECIFIC = 0x6F
_DEASSERTED = 0x80
_POWER_UNIT, _LOG, _BOOT, _INTERRUPT = 0x09, 0x10, 0x1D, 0x13
_CLEARED = (_LOG, _SENSOR_SPECIFIC, 2)

# Sensor type, event direction and type, offset (table 42-3) of what each chassis control causes.
_OF_CONTROLS = {
    "off": (_POWER_UNIT, _SENSOR_SPECIFIC, 0),
    "soft": (_POWER_UNIT, _SENSOR_SPECIFIC, 0),
    "on": (_POWER_UNIT, _SENSOR_SPECIFIC | _DEASSERTED, 0),
    "cycle": (_POWER_UNIT, _SENSOR_SPECIFIC, 1),
    "reset": (_BOOT, _SENSOR_SPECIFIC, 1),
    "diag": (_INTERRUPT, _SENSOR_SPECIFIC, 0),
}


class EventLog:
    """The log and the clock of one BMC; ``clock`` gives seconds since 1970 and drives the BMC's clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offset = 0
        self._entries: list[bytes] = []
        self._next = 1
        self._reservation = 0
        self._added = self._erased = 0
        self._overflow = False

    @property
    def time(self) -> int:
        """The BMC's time in seconds since 1970."""
        return int(self._clock()) + self._offset

    @time.setter
    def time(self, seconds: int) -> None:
        self._offset = seconds - int(self._clock())

    def note_control(self, action: str) -> None:
        """Add the entry that an accepted chassis control causes."""
        self._add(*_OF_CONTROLS[action])

    def info(self) -> bytes:
        """Get SEL Info (table 31-2): version 1.5, reserving is supported."""
        free = 16 * (CAPACITY - len(self._entries))
        flags = 0x02 | (0x80 if self._overflow else 0)
        head = (0x51, len(self._entries), free, self._added, self._erased, flags)
        return struct.pack("<BHHIIB", *head)

    def reserve(self) -> int:
        """Return a new reservation number; the older ones are void."""
        self._reservation = self._reservation % 0xFFFF + 1
        return self._reservation

    def reserved(self, number: int) -> bool:
        return number == self._reservation != 0

    def entry(self, number: int) -> tuple[int, bytes] | None:
        """Return the next record's number and this record's 16 bytes; None if there is no such record."""
        numbers = [int.from_bytes(entry[:2], "little") for entry in self._entries]
        if not numbers:
            return None
        number = {FIRST: numbers[0], LAST: numbers[-1]}.get(number, number)
        if number not in numbers:
            return None
        at = numbers.index(number)
        return numbers[at + 1] if at + 1 < len(numbers) else LAST, self._entries[at]

    def clear(self) -> None:
        """Erase all entries; the log then says that it was cleared."""
        self._entries.clear()
        self._next, self._reservation, self._overflow = 1, 0, False
        self._erased = self.time
        self._add(*_CLEARED)

    def _add(self, sensor_type: int, event: int, offset: int) -> None:
        if len(self._entries) >= CAPACITY:
            self._overflow = True
            return
        what = (_EVENT_REVISION, sensor_type, 0, event, offset, 0xFF, 0xFF)
        head = (self._next, _SYSTEM_EVENT, self.time & 0xFFFFFFFF, _BMC)
        self._entries.append(struct.pack("<HBIH7B", *head, *what))
        self._next += 1
        self._added = self.time
