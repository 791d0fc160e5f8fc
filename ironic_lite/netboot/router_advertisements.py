# SPDX-License-Identifier: Apache-2.0
"""Router advertisements (RFC 4861) of this machine, which is no router: they say so.

iPXE waits 13 s for one before it boots over IPv4.
"""

import asyncio
import contextlib
import errno
import logging
import random
import socket
import struct

from ironic_lite.netboot import sockets
from ironic_lite.netboot.interface import State

LOG = logging.getLogger(__name__)

_SOLICITATION, _ADVERTISEMENT = 133, 134
_ALL_NODES, _ALL_ROUTERS = "ff02::1", "ff02::2"
_FILTER = 1  # ICMP6_FILTER
_INTERVAL = 60.0
_LEAST_INTERVAL = 0.5
"""Seconds between two answers to solicitations; servers that are switched on together share one."""


class RouterAdvertisements:
    """Advertises from ``start`` to ``stop``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._socket: socket.socket | None = None
        self._regular: asyncio.Task[None] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._said_at = float("-inf")

    def start(self) -> None:
        """Begin; without IPv6 on the interface, do nothing.

        :raises CannotListen: the privilege is missing.
        """
        if self._state.link_local is None:
            return
        try:
            opened = socket.socket(
                socket.AF_INET6,
                socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
                socket.IPPROTO_ICMPV6,
            )
        except OSError as exc:
            if exc.errno == errno.EAFNOSUPPORT:
                return
            raise sockets.CannotListen(
                f"router advertisements on {self._state.name} need the capability CAP_NET_RAW"
            ) from None
        self._socket = opened
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._state.name.encode())
        # Only solicitations come in: the bits of all other types are set.
        passed = [0xFFFFFFFF] * 8
        passed[_SOLICITATION >> 5] &= ~(1 << (_SOLICITATION & 31))
        opened.setsockopt(socket.IPPROTO_ICMPV6, _FILTER, struct.pack("=8I", *passed))
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self._state.index)
        group = socket.inet_pton(socket.AF_INET6, _ALL_ROUTERS)
        with contextlib.suppress(OSError):
            opened.setsockopt(
                socket.IPPROTO_IPV6,
                socket.IPV6_JOIN_GROUP,
                group + struct.pack("@I", self._state.index),
            )
        asyncio.get_running_loop().add_reader(opened, self._read)
        self._regular = asyncio.create_task(self._again_and_again())

    def stop(self) -> None:
        """End. Nothing has to be taken back, because nothing was promised."""
        if self._regular is not None:
            self._regular.cancel()
        if self._soon is not None:
            self._soon.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _read(self) -> None:
        assert self._socket is not None
        for data, _source in sockets.received(self._socket, 1500):
            if len(data) >= 8 and data[0] == _SOLICITATION and self._soon is None:
                loop = asyncio.get_running_loop()
                wait = max(0.0, self._said_at + _LEAST_INTERVAL - loop.time())
                self._soon = loop.call_later(wait, self._answer)

    def _answer(self) -> None:
        self._soon = None
        self._say()

    async def _again_and_again(self) -> None:
        while True:
            self._say()
            await asyncio.sleep(_INTERVAL * random.uniform(0.7, 1.0))  # noqa: S311 - no secret

    def _say(self) -> None:
        if self._socket is None:
            return
        self._said_at = asyncio.get_running_loop().time()
        mac = sockets.hardware_address(self._state.mac)
        # Lifetime 0: not a router; no flags: no addresses by DHCPv6. The kernel adds the checksum.
        message = struct.pack("!BBHBBHII", _ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0)
        message += bytes((1, 1)) + mac
        try:
            self._socket.sendto(message, (_ALL_NODES, 0, 0, self._state.index))
        except OSError as exc:
            LOG.debug("No router advertisement on %s: %s", self._state.name, exc)
