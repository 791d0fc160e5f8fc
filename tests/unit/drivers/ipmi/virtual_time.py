# SPDX-License-Identifier: Apache-2.0
"""A BMC of the virtual rack and its client in virtual time, so that waits take no time and depend on no other load."""

import heapq
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.drivers.modules.ipmi import connection, driver_info, login, retry, transport, wire
from ironic_lite_simulator.bmc import server
from ironic_lite_simulator.bmc.boot_options import BootOptions
from ironic_lite_simulator.bmc.login import Account
from ironic_lite_simulator.faults import Faults

TO_BMC, TO_CLIENT = "to BMC", "to client"
OPEN_SESSION_REQUEST, OPEN_SESSION_RESPONSE = 0x10, 0x11
RAKP_1, RAKP_2, RAKP_3, RAKP_4 = 0x12, 0x13, 0x14, 0x15
LATENCY = 0.001
"""Seconds that a datagram takes from one side to the other."""

Rule = Callable[[str, bytes], list[bytes]]


def kind(datagram: bytes) -> int:
    """Return the RMCP+ payload type of a datagram (IPMI 2.0 table 13-16); -1 for an IPMI 1.5 datagram."""
    return datagram[5] & 0x3F if datagram[4] == 6 else -1


class Clock:
    """A clock that advances only with waits. It replaces the module `time` and asyncio's loop."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []

    def monotonic(self) -> float:
        return self._now

    time = monotonic

    def call_at(self, when: float, what: Callable[..., Any], *arguments: Any) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, arguments))

    def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        while self.step(until):
            pass

    def step(self, until: float) -> bool:
        """Execute the next event before `until`; if there is none, advance to `until` and return False."""
        if not self._events or self._events[0][0] > until:
            self._now = max(self._now, until)
            return False
        when, _order, what, arguments = heapq.heappop(self._events)
        self._now = max(self._now, when)
        what(*arguments)
        return True


class Chassis:
    """A server that is powered off."""

    powered_on = False
    power_changed_at = 0.0

    def control(self, action: str) -> None:
        raise AssertionError(f"{action} was not asked for")


class VirtualBMC:
    """A BMC and the network to it.

    `serial`: the BMC answers nothing else while it computes an answer. `rule(direction, datagram)` returns the
    datagrams that arrive instead of a datagram. `seen` has the direction and content of all datagrams sent.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, late: float, serial: bool) -> None:
        self.clock = Clock()
        self.rule: Rule = lambda _direction, datagram: [datagram]
        self.seen: list[tuple[str, bytes]] = []
        self._serial = serial
        self._free_at = 0.0
        self._inboxes: dict[tuple[str, int], list[bytes]] = {}
        asyncio = SimpleNamespace(get_running_loop=lambda: self.clock, DatagramTransport=object)
        monkeypatch.setattr(server, "asyncio", asyncio)
        for module in (connection, login, retry, transport, wire):
            if hasattr(module, "time"):
                monkeypatch.setattr(module, "time", self.clock)
        monkeypatch.setattr(transport, "_connect", lambda _info, _candidate: self._plug())
        self._faults = Faults(bmc_late_rakp=late)
        self._server = server.BmcServer(
            name="bmc",
            account=Account("admin", "password"),
            guid=bytes(16),
            chassis=Chassis(),
            boot_options=BootOptions(self.clock.monotonic),
            faults=self._faults,
            journal=SimpleNamespace(record=lambda *_told, **_details: None),
        )
        self._server.connection_made(SimpleNamespace(sendto=self._answer))
        self.info = driver_info.ConnectionInfo(
            "bmc", 623, username="admin", password="password", privilege="ADMINISTRATOR"
        )
        self.bmc = connection.BMC("bmc", 623)

    def set_late(self, seconds: float) -> None:
        """Set the seconds that the BMC takes for each RAKP answer."""
        self._faults.bmc_late_rakp = seconds

    def command(self) -> float:
        """Execute a harmless command; return the seconds that it took."""
        begun = self.clock.monotonic()
        self.bmc.command(self.info, wire.DEVICE_ID)
        return self.clock.monotonic() - begun

    def count(self, payload_type: int) -> int:
        """Return the number of datagrams of a type that were sent."""
        return sum(1 for _direction, datagram in self.seen if kind(datagram) == payload_type)

    def _plug(self) -> "Socket":
        address = ("client", 1024 + len(self._inboxes))
        self._inboxes[address] = []
        return Socket(self, address, self._inboxes[address])

    def ask(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Send a client's datagram."""
        self.seen.append((TO_BMC, datagram))
        for each in self.rule(TO_BMC, datagram):
            self.clock.call_at(self.clock.time() + LATENCY, self._arrive, each, address)

    def _arrive(self, datagram: bytes, address: tuple[str, int]) -> None:
        if not self._serial or kind(datagram) in (RAKP_1, RAKP_3):
            if kind(datagram) in (RAKP_1, RAKP_3):
                self._free_at = max(self._free_at, self.clock.time()) + self._faults.bmc_late_rakp
            self._server.datagram_received(datagram, address)
        else:
            when = max(self._free_at, self.clock.time())
            self.clock.call_at(when, self._server.datagram_received, datagram, address)

    def _answer(self, datagram: bytes, address: tuple[str, int]) -> None:
        self.seen.append((TO_CLIENT, datagram))
        for each in self.rule(TO_CLIENT, datagram):
            self.clock.call_at(self.clock.time() + LATENCY, self._inboxes[address].append, each)


class Socket:
    """The client's socket, with the methods of a connected UDP socket that the driver uses."""

    def __init__(self, bmc: VirtualBMC, address: tuple[str, int], inbox: list[bytes]) -> None:
        self._bmc, self._address, self._inbox = bmc, address, inbox
        self._timeout: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def send(self, datagram: bytes) -> None:
        self._bmc.ask(bytes(datagram), self._address)

    def recv(self, _size: int) -> bytes:
        assert self._timeout is not None, "the driver never waits without end"
        until = self._bmc.clock.monotonic() + self._timeout
        while not self._inbox:
            if not self._bmc.clock.step(until):
                raise TimeoutError
        return self._inbox.pop(0)

    def close(self) -> None:
        """Do nothing."""
