# SPDX-License-Identifier: Apache-2.0
"""The DHCP ports of an interface: packets come in, decisions are made, answers go out as each client can take them."""

import asyncio
import contextlib
import logging
import socket
import struct
from ipaddress import IPv4Address

from ironic_lite.common.boot_stages import BootEvent
from ironic_lite.netboot import sockets
from ironic_lite.netboot.dhcp4.decisions import Decisions, Unanswered
from ironic_lite.netboot.dhcp4.message import (
    CLIENT_PORT,
    NOWHERE,
    PXE_PORT,
    SERVER_PORT,
    Answer,
    Kind,
    Malformed,
    Request,
    read,
)
from ironic_lite.netboot.events import Events
from ironic_lite.netboot.interface import State
from ironic_lite.netboot.nodes import Nodes

LOG = logging.getLogger(__name__)

_EVERYWHERE = IPv4Address("255.255.255.255")
_LARGEST = 4096
_MOST_WAITING = 256
"""Clients that wait until the API has been asked for them."""
_PACKET_INFO_OPTION = 8  # IP_PKTINFO, which the module socket lacks
_PACKET_INFO = struct.Struct("=I4s4s")


class DhcpServer:
    """Answers clients on the ports 67 and 4011 of an interface, from ``start`` to ``stop``.

    :raises CannotListen: when it starts; the ports are taken, or privileges are missing.
    """

    def __init__(self, state: State, decisions: Decisions, nodes: Nodes, events: Events) -> None:
        assert state.ipv4 is not None
        self._state, self._address = state, state.ipv4.ip
        self._decisions, self._nodes, self._events = decisions, nodes, events
        self._ports: dict[int, socket.socket] = {}
        self._frames: socket.socket | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Open the ports and answer."""
        try:
            for port in (SERVER_PORT, PXE_PORT):
                self._ports[port] = sockets.udp(self._state.name, port)
            self._frames = sockets.frames(self._state.name)
        except sockets.CannotListen:
            self.stop()
            raise
        loop = asyncio.get_running_loop()
        for port, opened in self._ports.items():
            loop.add_reader(opened, self._read, opened, port)

    def stop(self) -> None:
        """Close the ports."""
        for task in self._waiting:
            task.cancel()
        loop = asyncio.get_running_loop()
        for opened in self._ports.values():
            loop.remove_reader(opened)
            opened.close()
        self._ports.clear()
        if self._frames is not None:
            self._frames.close()
            self._frames = None

    def _read(self, opened: socket.socket, port: int) -> None:
        for data, source in sockets.received(opened, _LARGEST):
            try:
                request = read(data)
            except Malformed as exc:
                LOG.debug("A packet from %s is no DHCP message of a client: %s", source[0], exc)
                continue
            self._serve(request, port, (IPv4Address(source[0]), source[1]))

    def _serve(self, request: Request, port: int, source: tuple[IPv4Address, int]) -> None:
        if self._needs_news(request) and len(self._waiting) < _MOST_WAITING:
            task = asyncio.create_task(self._ask_first(request, port, source))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
            return
        self._answer(request, port, source)

    def _needs_news(self, request: Request) -> bool:
        """Whether the API may know the client by now, so that it is worth asking before the client is refused."""
        return (
            self._decisions.serves_only_known
            and request.kind is Kind.DISCOVER
            and request.mac not in self._nodes.known.macs
        )

    async def _ask_first(
        self, request: Request, port: int, source: tuple[IPv4Address, int]
    ) -> None:
        await self._nodes.refresh()
        self._answer(request, port, source)

    def _answer(self, request: Request, port: int, source: tuple[IPv4Address, int]) -> None:
        try:
            answer = self._decisions.answer(request, port)
        except Unanswered as exc:
            self._events.tell(request.mac, BootEvent.NOT_ANSWERED, asked=request.kind.name, why=exc)
            return
        if answer is not None:
            try:
                self._send(request, answer, port, source)
            except OSError as exc:
                LOG.warning("No answer to %s: %s: %s", request.mac, self._state.name, exc.strerror)

    def _send(
        self, request: Request, answer: Answer, port: int, source: tuple[IPv4Address, int]
    ) -> None:
        data = answer.write(request)
        if port == PXE_PORT:
            # The client has an address, and may use any port of its own.
            self._send_to((source[0], source[1]), data, port)
        elif request.relay != NOWHERE:
            self._send_to((request.relay, SERVER_PORT), data, port)
        elif request.client != NOWHERE and answer.kind is Kind.ACK:
            self._send_to((request.client, CLIENT_PORT), data, port)
        else:
            self._send_frame(request, answer, data)

    def _send_to(self, target: tuple[IPv4Address, int], data: bytes, port: int) -> None:
        # From the address that we name in the answer, also if the interface has others.
        source = _PACKET_INFO.pack(0, self._address.packed, bytes(4))
        self._ports[port].sendmsg(
            [data],
            [(socket.IPPROTO_IP, _PACKET_INFO_OPTION, source)],
            0,
            (str(target[0]), target[1]),
        )

    def _send_frame(self, request: Request, answer: Answer, data: bytes) -> None:
        """Send to a client that has no address yet, and so does not answer ARP."""
        to_all = request.broadcast or answer.yours == NOWHERE
        mac = sockets.BROADCAST if to_all else sockets.hardware_address(request.mac)
        target = _EVERYWHERE if to_all else answer.yours
        own = sockets.hardware_address(self._state.mac)
        assert self._frames is not None
        with contextlib.suppress(BlockingIOError):
            self._frames.send(
                sockets.frame(own, mac, (self._address, SERVER_PORT), (target, CLIENT_PORT), data)
            )
