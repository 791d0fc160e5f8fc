# SPDX-License-Identifier: Apache-2.0
"""The IPMI commands that a virtual BMC answers."""

import dataclasses
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from ironic_lite_simulator.bmc import crypto
from ironic_lite_simulator.bmc.boot_options import (
    BOOT_FLAGS,
    DEVICES,
    PERSISTENT,
    VALID_BIT_CLEARING,
    BootOptions,
)
from ironic_lite_simulator.bmc.event_log import EventLog
from ironic_lite_simulator.bmc.packets import Request
from ironic_lite_simulator.bmc.session import (
    PRIVILEGE_ADMINISTRATOR,
    PRIVILEGE_OPERATOR,
    PRIVILEGE_USER,
    Session,
    SessionTable,
)
from ironic_lite_simulator.faults import Faults, parse_codes

NETFN_CHASSIS = 0x00
NETFN_APP = 0x06
NETFN_STORAGE = 0x0A

# Completion codes, table 5-2.
OK = 0x00
PARAMETER_NOT_SUPPORTED = 0x80
INVALID_SESSION_ID = 0x87
PRIVILEGE_TOO_HIGH = 0x81
INVALID_COMMAND = 0xC1
RESERVATION_CANCELED = 0xC5
REQUEST_LENGTH_INVALID = 0xC7
NOT_PRESENT = 0xCB
INVALID_DATA_FIELD = 0xCC
INSUFFICIENT_PRIVILEGE = 0xD4
NOT_IN_PRESENT_STATE = 0xD5

# IANA enterprise numbers.
_MANUFACTURERS = {None: 0, "supermicro": 10876}

_CHANNEL = 1
_THIS_CHANNEL = 0x0E

# Chassis Control, table 28-4.
CONTROLS = {0: "off", 1: "on", 2: "cycle", 3: "reset", 4: "diag", 5: "soft"}


class Chassis(Protocol):
    """What a BMC does to the machine that it is built into."""

    @property
    def powered_on(self) -> bool: ...

    @property
    def power_changed_at(self) -> float:
        """When power changed last, by the loop's clock."""
        ...

    def control(self, action: str) -> None:
        """Start one of the actions in CONTROLS; the work goes on after the return."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """A completion code and data; ``event`` and ``details`` go to the journal."""

    code: int
    data: bytes = b""
    event: str | None = None
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    handler: Callable[[bytes, Session | None], Outcome]
    privilege: int = PRIVILEGE_USER
    sessionless: bool = False


class CommandTable:
    """The commands of one BMC, with the privilege that each asks for (appendix G)."""

    def __init__(
        self,
        chassis: Chassis,
        boot_options: BootOptions,
        table: SessionTable,
        guid: bytes,
        faults: Faults,
    ) -> None:
        self._faults = faults
        self._chassis = chassis
        self._boot_options = boot_options
        self._table = table
        self._guid = guid
        self._event_log = EventLog(time.time)
        self._entries: dict[tuple[int, int], _Entry] = {
            (NETFN_APP, 0x01): _Entry(self._device_id),
            (NETFN_APP, 0x37): _Entry(self._system_guid, sessionless=True),
            (NETFN_APP, 0x38): _Entry(self._authentication_capabilities, sessionless=True),
            (NETFN_APP, 0x3B): _Entry(self._set_privilege),
            (NETFN_APP, 0x3C): _Entry(self._close_session),
            (NETFN_APP, 0x54): _Entry(self._cipher_suites, sessionless=True),
            (NETFN_CHASSIS, 0x00): _Entry(self._chassis_capabilities),
            (NETFN_CHASSIS, 0x01): _Entry(self._chassis_status),
            (NETFN_CHASSIS, 0x02): _Entry(self._chassis_control, PRIVILEGE_OPERATOR),
            (NETFN_CHASSIS, 0x08): _Entry(self._set_boot_options, PRIVILEGE_OPERATOR),
            (NETFN_CHASSIS, 0x09): _Entry(self._get_boot_options, PRIVILEGE_OPERATOR),
            (NETFN_STORAGE, 0x40): _Entry(self._log_info),
            (NETFN_STORAGE, 0x42): _Entry(self._reserve_log),
            (NETFN_STORAGE, 0x43): _Entry(self._log_entry),
            (NETFN_STORAGE, 0x47): _Entry(self._clear_log, PRIVILEGE_OPERATOR),
            (NETFN_STORAGE, 0x48): _Entry(self._get_time),
            (NETFN_STORAGE, 0x49): _Entry(self._set_time, PRIVILEGE_OPERATOR),
        }

    def run(self, request: Request, session: Session | None) -> Outcome | None:
        """Run a request; None if it is not answered outside a session."""
        entry = self._entries.get((request.netfn, request.command))
        if session is None and (entry is None or not entry.sessionless):
            return None
        if entry is None:
            return Outcome(INVALID_COMMAND)
        if session is not None and session.privilege < entry.privilege:
            return Outcome(INSUFFICIENT_PRIVILEGE)
        try:
            return entry.handler(request.data, session)
        except (struct.error, IndexError):
            return Outcome(REQUEST_LENGTH_INVALID)

    def _device_id(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 20-2: IPMI 2.0, a chassis device; the fault ``bmc_vendor`` sets the manufacturer."""
        maker = _MANUFACTURERS[self._faults.bmc_vendor].to_bytes(3, "little")
        return Outcome(OK, struct.pack("<BBBBBB3sHI", 0x20, 1, 1, 0, 0x02, 0x80, maker, 1, 0))

    def _system_guid(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 22-17."""
        return Outcome(OK, self._guid)

    def _authentication_capabilities(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 22-15: only RMCP+, per-message and user-level authentication, named users."""
        if data[0] & 0x0F not in (_CHANNEL, _THIS_CHANNEL) or not 0 < data[1] & 0x0F <= 5:
            return Outcome(INVALID_DATA_FIELD)
        extended = data[0] & 0x80
        kinds, versions = (0x80, 0x02) if extended else (0x00, 0x00)
        return Outcome(OK, struct.pack("<BBBB4x", _CHANNEL, kinds, 0x04, versions))

    def _cipher_suites(self, data: bytes, _session: Session | None) -> Outcome:
        """Tables 22-18 and 22-19: suite records, 16 bytes for each list index."""
        if data[0] & 0x0F not in (_CHANNEL, _THIS_CHANNEL):
            return Outcome(INVALID_DATA_FIELD)
        records = b"".join(
            bytes((0xC0, s.number, s.authentication, 0x40 | s.integrity, 0x80 | s.confidentiality))
            for s in crypto.SUITES
        )
        index = data[2] & 0x3F
        return Outcome(OK, bytes((_CHANNEL,)) + records[16 * index : 16 * (index + 1)])

    def _set_privilege(self, data: bytes, session: Session | None) -> Outcome:
        """Table 22-23; zero asks for the present level."""
        assert session is not None
        wanted = data[0] & 0x0F
        if wanted == 0:
            return Outcome(OK, bytes((session.privilege,)))
        if not PRIVILEGE_USER <= wanted <= PRIVILEGE_ADMINISTRATOR:
            return Outcome(INVALID_DATA_FIELD)
        if wanted > session.max_privilege:
            return Outcome(PRIVILEGE_TOO_HIGH)
        session.privilege = wanted
        return Outcome(OK, bytes((wanted,)))

    def _close_session(self, data: bytes, session: Session | None) -> Outcome:
        """Table 22-24."""
        assert session is not None
        (bmc_id,) = struct.unpack_from("<I", data)
        other = self._table.find(bmc_id)
        if other is None:
            return Outcome(INVALID_SESSION_ID)
        if other is not session and session.privilege < PRIVILEGE_ADMINISTRATOR:
            return Outcome(INSUFFICIENT_PRIVILEGE)
        self._table.close(bmc_id)
        return Outcome(OK, event="session-closed")

    def _chassis_capabilities(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 28-2."""
        return Outcome(OK, bytes((0x00, 0x20, 0x20, 0x20, 0x20)))

    def _chassis_status(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 28-3: restore policy unknown, no fault."""
        return Outcome(OK, bytes((0x60 | self._chassis.powered_on, 0x00, 0x00)))

    def _chassis_control(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 28-4. Cycle, reset, diag and soft off need main power."""
        action = CONTROLS.get(data[0] & 0x0F)
        if action is None:
            return Outcome(INVALID_DATA_FIELD)
        details = {"control": action}
        if action not in ("on", "off") and not self._chassis.powered_on:
            return Outcome(NOT_IN_PRESENT_STATE, event="power-refused", details=details)
        self._boot_options.restart_seen()
        self._event_log.note_control(action)
        self._chassis.control(action)
        return Outcome(OK, event="power", details=details)

    def _set_boot_options(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 28-12; bit 7 of the selector locks a parameter and is accepted without effect."""
        number, value = data[0] & 0x7F, data[1:]
        if not self._boot_options.supported(number):
            return Outcome(PARAMETER_NOT_SUPPORTED)
        refused = self._faults.bmc_refuses_boot_timeout
        if number == VALID_BIT_CLEARING and refused is not None:
            return Outcome(parse_codes(refused)[0])
        if number == BOOT_FLAGS and value[0] & PERSISTENT:
            if self._faults.bmc_one_time_boot == "refused":
                return Outcome(INVALID_DATA_FIELD)
            if self._faults.bmc_one_time_boot == "silently":
                value = bytes((value[0] & ~PERSISTENT,)) + value[1:]
        if number == BOOT_FLAGS and value[1] >> 2 & 0x0F not in DEVICES:
            return Outcome(INVALID_DATA_FIELD)
        if value and not self._boot_options.set(number, value):
            return Outcome(REQUEST_LENGTH_INVALID)
        if number != BOOT_FLAGS:
            return Outcome(OK)
        override = self._boot_options.override
        details = {"device": "default"} if override is None else dataclasses.asdict(override)
        return Outcome(OK, event="boot-device", details=details)

    def _get_boot_options(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 28-13."""
        number = data[0] & 0x7F
        _set_selector, _block_selector = data[1], data[2]
        if not self._boot_options.supported(number):
            return Outcome(PARAMETER_NOT_SUPPORTED)
        return Outcome(OK, bytes((0x01, number)) + self._boot_options.get(number))

    def _log_info(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 31-2."""
        return Outcome(OK, self._event_log.info())

    def _reserve_log(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 31-4."""
        return Outcome(OK, struct.pack("<H", self._event_log.reserve()))

    def _log_entry(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 31-5. Part of a record needs a reservation, a whole one does not."""
        reservation, number, start, count = struct.unpack("<HHBB", data)
        if start and not self._event_log.reserved(reservation):
            return Outcome(RESERVATION_CANCELED)
        found = self._event_log.entry(number)
        if found is None:
            return Outcome(NOT_PRESENT)
        following, record = found
        return Outcome(OK, struct.pack("<H", following) + record[start : start + count])

    def _clear_log(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 31-9; erasing is done at once."""
        reservation, magic, action = struct.unpack("<H3sB", data)
        if magic != b"CLR" or action not in (0x00, 0xAA):
            return Outcome(INVALID_DATA_FIELD)
        if action == 0x00:
            return Outcome(OK, b"\x01")
        if not self._event_log.reserved(reservation):
            return Outcome(RESERVATION_CANCELED)
        self._event_log.clear()
        return Outcome(OK, b"\x01", event="event-log-cleared")

    def _get_time(self, _data: bytes, _session: Session | None) -> Outcome:
        """Table 31-10."""
        return Outcome(OK, struct.pack("<I", self._event_log.time))

    def _set_time(self, data: bytes, _session: Session | None) -> Outcome:
        """Table 31-11."""
        (self._event_log.time,) = struct.unpack("<I", data)
        return Outcome(OK, event="clock-set")
