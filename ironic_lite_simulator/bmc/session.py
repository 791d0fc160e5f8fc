# SPDX-License-Identifier: Apache-2.0
"""RMCP+ sessions of one BMC: identifiers, sequence window, limit and idle timeout."""

import dataclasses
import itertools
import random
from collections.abc import Callable

from ironic_lite_simulator.bmc import crypto

# Section 6.12.15: a session without traffic ends after 60 s, give or take 3 s.
IDLE_TIMEOUT = 60.0
# A login that stops halfway frees its slot earlier.
LOGIN_TIMEOUT = 5.0
# A repeated request is answered from memory for this long (section 6.12.14: 5 s).
REPEAT_TIMEOUT = 5.0
_WINDOW = 32

PRIVILEGE_USER = 2
PRIVILEGE_OPERATOR = 3
PRIVILEGE_ADMINISTRATOR = 4


class SequenceWindow:
    """Refuses replayed packets: accepts each sequence number once, and none that is far behind.

    The specification also bounds how far ahead a number may be. That is left out, so that a client that
    repeated requests to a silent BMC can go on in its session.
    """

    def __init__(self) -> None:
        self._highest = 0
        self._seen = 0

    def accept(self, sequence: int) -> bool:
        """Take note of a packet's number; False if it was seen before or is too old."""
        if sequence == 0:
            return False
        ahead = sequence - self._highest
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & ((1 << _WINDOW) - 1) if ahead < _WINDOW else 1
            self._highest = sequence
            return True
        bit = 1 << -ahead
        if -ahead >= _WINDOW or self._seen & bit:
            return False
        self._seen |= bit
        return True


@dataclasses.dataclass(slots=True)
class Session:
    """One session; before RAKP 4 it is half open and has no keys. Times are the loop's, in seconds."""

    bmc_id: int
    console_id: int
    client: str
    suite: crypto.CipherSuite
    max_privilege: int
    last_used: float
    handshake: crypto.Handshake | None = None
    username: str = ""
    keys: crypto.SessionKeys | None = None
    rakp3: bytes = b""
    privilege: int = PRIVILEGE_USER
    inbound: SequenceWindow = dataclasses.field(default_factory=SequenceWindow)
    outbound: "itertools.count[int]" = dataclasses.field(default_factory=lambda: itertools.count(1))
    last_request: tuple[bytes, float] = (b"", 0.0)
    last_response: bytes = b""

    @property
    def established(self) -> bool:
        return self.keys is not None

    def expired(self, now: float, idle_timeout: float) -> bool:
        """Tell whether the session has been idle for too long."""
        limit = idle_timeout if self.established else LOGIN_TIMEOUT
        return now - self.last_used > limit


class SessionTable:
    """The sessions of one BMC, at most ``limit`` of them at a time; ``full`` refuses every new one."""

    def __init__(
        self, clock: Callable[[], float], limit: int, idle_timeout: float = IDLE_TIMEOUT
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._idle_timeout = idle_timeout
        self._sessions: dict[int, Session] = {}
        self.full = False

    def __len__(self) -> int:
        self._expire()
        return sum(s.established for s in self._sessions.values())

    def open(
        self, console_id: int, client: str, suite: crypto.CipherSuite, privilege: int
    ) -> Session | None:
        """Start a half open session; None if no slot is free."""
        self._expire()
        if self.full or len(self._sessions) >= self._limit:
            return None
        bmc_id = random.randint(1, 0xFFFFFFFF)  # noqa: S311 - an identifier, not a secret
        while bmc_id in self._sessions:
            bmc_id = random.randint(1, 0xFFFFFFFF)  # noqa: S311
        session = Session(bmc_id, console_id, client, suite, privilege, self._clock())
        self._sessions[bmc_id] = session
        return session

    def find(self, bmc_id: int) -> Session | None:
        """Return a live session and count it as used now."""
        self._expire()
        session = self._sessions.get(bmc_id)
        if session is not None:
            session.last_used = self._clock()
        return session

    def close(self, bmc_id: int) -> None:
        self._sessions.pop(bmc_id, None)

    def clear(self) -> None:
        self._sessions.clear()

    def _expire(self) -> None:
        now = self._clock()
        for session in list(self._sessions.values()):
            if session.expired(now, self._idle_timeout):
                del self._sessions[session.bmc_id]
