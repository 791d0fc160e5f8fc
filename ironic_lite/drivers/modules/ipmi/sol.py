# SPDX-License-Identifier: Apache-2.0
"""Serial over LAN (IPMI 2.0 sections 15 and 24): a session of its own, whose packets an event loop reads.

The login takes a thread for its time, because it computes and waits; afterwards there is no thread. One packet of ours
is under way at a time; the BMC's are acknowledged as they come, and repetitions are recognized by their number.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import time
from collections.abc import Callable
from typing import Any

from pyghmi.ipmi.private import simplesession

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.console import (
    ConsoleStream,
    ConsoleTaken,
    ConsoleUnavailable,
    StreamingConsole,
)
from ironic_lite.drivers.modules.ipmi import driver_info, errors, login, wire
from ironic_lite.drivers.modules.ipmi.interface import IPMIInterface

_ACTIVATE, _DEACTIVATE, _INSTANCE = 0x48, 0x49, 0x4B
_SOL = 1
_ENCRYPTED = 0xC0
"""Activate Payload: with encryption and authentication (table 24-2)."""
_REFUSALS = {
    0x81: "serial over LAN is disabled; enable it for this user and channel",
    0x83: "the BMC has no encryption for serial over LAN",
    0x84: "the BMC refuses serial over LAN with encryption",
}
_ALREADY, _LIMIT = 0x80, 0x82

_NACK, _UNAVAILABLE, _DEACTIVATED = 0x40, 0x20, 0x10
"""Status bits of the BMC's packets (table 15-2)."""
_BREAK = 0x10
"""Operation bit of ours: generate a break."""
_HEAD = 4

_LOGIN_PATIENCE = 20.0
"""Seconds to log in and activate; then the console counts as unreachable, and is tried again later."""
_LOGINS = 32
"""Logins at the same time."""
_RESEND_AFTER = 1.0
_SENDS = 6
_ASK_AFTER = 20.0
"""Seconds between two questions whether the console is still ours; a BMC drops a silent session after 60."""
_ANSWERS_MISSED = 3
_MOST_PENDING = 64 * 1024
"""Bytes typed that wait for the BMC."""


@functools.cache
def _threads() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(_LOGINS, thread_name_prefix="sol-login")


class SOLConsole(IPMIInterface, StreamingConsole):
    """The console interface ``ipmi-sol``; Ironic's ``ipmitool-socat`` and ``ipmitool-shellinabox`` are the same."""

    async def open_stream(self, node: Any) -> ConsoleStream:
        try:
            info = driver_info.parse(node.driver_info)
        except exception.IronicLiteError as exc:
            raise ConsoleUnavailable(exc.message) from None
        loop = asyncio.get_running_loop()
        opening = loop.run_in_executor(_threads(), _open, info)
        try:
            session, largest = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_let_go)
            raise
        return _Stream(session, info, largest)


class _Session(wire.Session):
    """A session whose serial packets go to ``sol_handler``."""

    def pump(self) -> None:
        """Handle the packets that have come, without waiting.

        :raises errors.NoAnswer: when there is no way to the BMC.
        """
        self._receive_waiting()

    def send_sol(self, payload: bytes) -> None:
        """Send one packet.

        :raises errors.NoAnswer: when there is no way to the BMC.
        """
        self.send_payload(bytearray(payload), payload_type=_SOL, retry=False)

    def ask_owner(self) -> None:
        """Ask whose session the console has, without waiting: see :meth:`owner`."""
        self._forget_requests()
        self.lastresponse = None
        self.raw_command(wire.NETFN_APP, _INSTANCE, data=(_SOL, 1), retry=False)

    def owner(self) -> int | None:
        """Return what has answered :meth:`ask_owner`: a session's number, -1 for an answer without one, or None."""
        answer: Any = self.lastresponse
        if answer is None:
            return None
        data = bytes(answer.get("data", b""))[:4]
        return int.from_bytes(data, "little") if not answer.get("code") and len(data) == 4 else -1

    def deactivate(self) -> None:
        """Let go of the console, and log out; waits for no answer."""
        with contextlib.suppress(errors.NoAnswer, OSError):
            self._forget_requests()
            self.raw_command(wire.NETFN_APP, _DEACTIVATE, data=(_SOL, 1, 0, 0, 0, 0), retry=False)
        self.close()

    @property
    def number(self) -> int:
        """The session's number, as the BMC knows it."""
        found: int = self.sessionid
        return found

    def fileno(self) -> int:
        assert self._udp is not None
        return self._udp.fileno()


def _open(info: driver_info.ConnectionInfo) -> tuple[_Session, int]:
    """Log in and activate the console; returns the session, and how many bytes one packet of ours may have.

    :raises ConsoleTaken, ConsoleUnavailable: as ``open_stream``.
    """
    deadline = time.monotonic() + _LOGIN_PATIENCE
    suite = info.cipher_suite or login.BEST_SUITE
    who = f"BMC {info.endpoint}, user '{info.username}'"
    try:
        session = _Session(info, suite, deadline)
    except errors.NameUnknown as exc:
        raise ConsoleUnavailable(f"{who}: its name does not resolve ({exc})") from None
    except (errors.NoAnswer, errors.LoginRefused) as exc:
        raise ConsoleUnavailable(f"{who}: {exc}") from None
    try:
        request = wire.Request(
            wire.NETFN_APP, _ACTIVATE, bytes([_SOL, 1, _ENCRYPTED, 0, 0, 0]), resend=True
        )
        code, data = session.request(request, deadline)
        if code in (_ALREADY, _LIMIT):
            raise ConsoleTaken(
                f"{who}: another session has the console; close it, or wait until it expires"
            )
        if code or len(data) < 10:
            why = _REFUSALS.get(code, f"it refuses serial over LAN with code 0x{code:02x}")
            raise ConsoleUnavailable(f"{who}: {why}")
        port = int.from_bytes(data[8:10], "little")
        # Some BMCs swap the bytes; behind a port forwarding the BMC names its own port.
        if port not in (info.port, driver_info.DEFAULT_PORT, *_swapped(info.port)):
            raise ConsoleUnavailable(f"{who}: it has serial over LAN on another port, {port}")
    except errors.NoAnswer as exc:
        session.close()
        raise ConsoleUnavailable(f"{who}: {exc}") from None
    except BaseException:
        session.close()
        raise
    return session, max(1, min(int.from_bytes(data[4:6], "little"), 255) - _HEAD)


def _swapped(port: int) -> tuple[int, ...]:
    return tuple(
        int.from_bytes(each.to_bytes(2, "little"), "big")
        for each in (port, driver_info.DEFAULT_PORT)
    )


def _let_go(opening: "asyncio.Future[tuple[_Session, int]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].deactivate()


class _Stream:
    """A console that is activated. Use it in its event loop only.

    :param largest: bytes that one packet of ours may have.
    """

    def __init__(self, session: _Session, info: driver_info.ConnectionInfo, largest: int):
        self._session, self._largest = session, largest
        self._who = f"BMC {info.endpoint}"
        self._loop = asyncio.get_running_loop()
        self._printed: asyncio.Queue[bytes | ConsoleUnavailable] = asyncio.Queue()
        self._pending: list[tuple[bytes, int]] = []
        self._sent: tuple[bytes, int] | None = None
        self._number = self._heard = self._heard_length = 0
        self._sends = 0
        self._timer: asyncio.TimerHandle | None = None
        self._asked, self._missed = False, 0
        self._closed = False
        session.sol_handler = self._got
        self._loop.add_reader(session.fileno(), self._guarded, session.pump)
        self._asking = self._loop.call_later(_ASK_AFTER, self._ask)
        # What came between the activation and now.
        self._guarded(session.pump)

    async def read(self) -> bytes:
        found = await self._printed.get()
        if isinstance(found, ConsoleUnavailable):
            self._printed.put_nowait(found)
            raise found
        return found

    async def write(self, data: bytes) -> None:
        if self._closed or sum(len(each) for each, _ in self._pending) + len(data) > _MOST_PENDING:
            raise ConsoleUnavailable(f"{self._who} does not take what is typed")
        size = self._largest
        self._pending += [(data[at : at + size], 0) for at in range(0, len(data), size)]
        self._send_next()

    async def send_break(self) -> None:
        self._pending.append((b"", _BREAK))
        self._send_next()

    async def close(self) -> None:
        if not self._closed:
            self._stop()
            self._session.deactivate()

    # -- packets -------------------------------------------------------------------------------------------------

    def _got(self, payload: Any) -> None:
        """Handle a packet of the BMC (table 15-2)."""
        if not isinstance(payload, bytes | bytearray) or len(payload) < _HEAD or self._closed:
            return
        number, acknowledged = payload[0] & 0x0F, payload[1] & 0x0F
        accepted, status = payload[2], payload[3]
        data = bytes(payload[_HEAD:])
        if number:
            self._session.send_sol(bytes([0, number, min(len(data), 255), 0]))
            # A repetition may have more bytes than the packet that it repeats.
            fresh = data[self._heard_length :] if number == self._heard else data
            self._heard, self._heard_length = number, len(data)
            if fresh:
                self._printed.put_nowait(fresh)
        if status & _DEACTIVATED:
            self._end(f"{self._who} has ended the console")
        elif self._sent is not None and acknowledged == self._number:
            rest, operation = self._sent
            self._sent = None
            if status & _NACK and accepted < len(rest) and not status & _UNAVAILABLE:
                self._pending.insert(0, (rest[accepted:], operation))
            self._send_next()

    def _send_next(self) -> None:
        if self._sent is None and self._pending and not self._closed:
            self._sent = self._pending.pop(0)
            self._number = self._number % 15 + 1
            self._sends = 0
            self._guarded(self._send)

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._sent is None:
            return
        if self._sends == _SENDS:
            self._end(f"{self._who} does not acknowledge what is typed")
            return
        self._sends += 1
        data, operation = self._sent
        self._session.send_sol(bytes([self._number, 0, 0, operation]) + data)
        self._timer = self._loop.call_later(_RESEND_AFTER, self._guarded, self._send)

    def _ask(self) -> None:
        """Ask, from time to time, whose the console is; this also keeps the session."""
        owner = self._session.owner()
        if owner is None and self._asked:
            self._missed += 1
        else:
            self._missed = 0
        if owner is not None and owner not in (-1, self._session.number):
            self._end(f"{self._who}: the console was given to another session, or ended")
        elif self._missed >= _ANSWERS_MISSED:
            self._end(f"{self._who} does not answer any more")
        else:
            self._asked = True
            self._asking = self._loop.call_later(_ASK_AFTER, self._ask)
            self._guarded(self._session.ask_owner)

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._closed:
            return
        try:
            action()
        except errors.NoAnswer as exc:
            self._end(f"{self._who}: {exc}")
        except simplesession.exc.IpmiException as exc:
            self._end(f"{self._who}: {exc}")

    def _end(self, why: str) -> None:
        if not self._closed:
            self._printed.put_nowait(ConsoleUnavailable(why))
            self._stop()
            self._session.deactivate()

    def _stop(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._session.fileno())
        self._asking.cancel()
        if self._timer is not None:
            self._timer.cancel()
