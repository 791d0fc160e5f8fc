# SPDX-License-Identifier: Apache-2.0
"""Asks many addresses over UDP whether a BMC is there, at a limited rate.

While the kernel looks for the MAC address of a neighbour, the datagrams to it fill the buffer of their socket, for
three seconds if there is none. So several sockets take turns.
"""

import asyncio
import contextlib
import dataclasses
import errno
import ipaddress
import itertools
import socket
from collections.abc import Iterable, Iterator, Sequence

from ironic_lite.scan import rmcp
from ironic_lite.scan.targets import Address

_PASSES = 2
"""A datagram may be lost; and the first one to an address may be, while its MAC address is looked up."""
_TICK = 0.05
_SOCKETS = 16
_BUFFER = 4 * 1024 * 1024
_LONGEST_DATAGRAM = 2048
_FULL = (errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM, errno.EINVAL)
"""What the kernel says when a buffer, or its table of neighbours, is full."""
_TRIES = 40 * _SOCKETS


@dataclasses.dataclass
class Answers:
    """What one address has answered. ``suites``: the records of the cipher suites, by the place of their answer."""

    pong: rmcp.Pong | None = None
    capabilities: rmcp.Capabilities | None = None
    suites: dict[int, bytes] = dataclasses.field(default_factory=dict)

    @property
    def cipher_suites(self) -> list[int]:
        return rmcp.suites(b"".join(self.suites[index] for index in sorted(self.suites)))


class Scan:
    """One scan.

    :param port: the UDP port, usually 623.
    :param rate: addresses per second.
    :param patience: seconds to wait for answers after the last question.
    :ivar found: the answers by address.
    :ivar unreachable: addresses that this machine has no route to, with the reason.
    """

    def __init__(self, port: int, rate: float, patience: float):
        self.found: dict[Address, Answers] = {}
        self.unreachable: dict[Address, str] = {}
        self._port = port
        self._rate = rate
        self._patience = patience
        self._sockets: dict[int, Iterator[socket.socket]] = {}
        self._asked: frozenset[Address] = frozenset()

    async def run(self, addresses: Sequence[Address]) -> None:
        """Ask all addresses."""
        self._asked = frozenset(addresses)
        with self._open(addresses):
            for _ in range(_PASSES):
                left = [each for each in addresses if not self._has_answered(each)]
                await self._ask(left)
                await asyncio.sleep(self._patience)

    @contextlib.contextmanager
    def _open(self, addresses: Iterable[Address]) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as opened:
            for version in sorted({address.version for address in addresses}):
                family = socket.AF_INET if version == 4 else socket.AF_INET6
                made = [opened.enter_context(_socket(family)) for _ in range(_SOCKETS)]
                for own in made:
                    loop.add_reader(own, self._receive, own)
                    opened.callback(loop.remove_reader, own)
                self._sockets[version] = itertools.cycle(made)
            yield

    def _has_answered(self, address: Address) -> bool:
        known = self.found.get(address)
        return address in self.unreachable or (known is not None and known.capabilities is not None)

    async def _ask(self, addresses: Sequence[Address]) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for place, address in enumerate(addresses):
            due = begun + place / self._rate
            if due > loop.time() + _TICK:
                await asyncio.sleep(due - loop.time())
            for question in (rmcp.PING, rmcp.ask_capabilities()):
                await self._send(address, question)

    async def _send(self, address: Address, datagram: bytes) -> None:
        for tries in range(1, _TRIES + 1):
            try:
                own = next(self._sockets[address.version])
                own.sendto(datagram, (str(address), self._port))
            except OSError as exc:
                if exc.errno not in _FULL:
                    self.unreachable[address] = exc.strerror or type(exc).__name__
                    return
            else:
                return
            if tries % _SOCKETS == 0:
                await asyncio.sleep(_TICK)
        self.unreachable[address] = "the kernel's table of neighbours is full; use a lower --rate"

    def _receive(self, own: socket.socket) -> None:
        while True:
            try:
                datagram, sender = own.recvfrom(_LONGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                # An earlier question was refused.
                continue
            address = ipaddress.ip_address(sender[0].partition("%")[0])
            if address in self._asked:
                self._take(own, address, rmcp.read(datagram), sender)

    def _take(
        self,
        own: socket.socket,
        address: Address,
        answer: rmcp.Pong | rmcp.Capabilities | rmcp.CipherSuites | None,
        sender: tuple[str, int],
    ) -> None:
        if answer is None:
            return
        known = self.found.setdefault(address, Answers())
        following: int | None = None
        if isinstance(answer, rmcp.Pong):
            known.pong = answer
        elif isinstance(answer, rmcp.Capabilities):
            if known.capabilities is None and "2.0" in answer.versions:
                following = 0
            known.capabilities = answer
        elif answer.index not in known.suites:
            known.suites[answer.index] = answer.data
            following = None if answer.is_last else answer.index + 1
        if following is not None:
            with contextlib.suppress(OSError):
                own.sendto(rmcp.ask_cipher_suites(following), sender)


def _socket(family: socket.AddressFamily) -> socket.socket:
    own = socket.socket(family, socket.SOCK_DGRAM)
    own.setblocking(False)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    return own
