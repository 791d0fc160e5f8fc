# SPDX-License-Identifier: Apache-2.0
"""The listening socket, and how connections are accepted."""

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import Callable, Sequence

from ironic_lite.api.front.limits import HANDSHAKE_TIMEOUT, Guest, Guests
from ironic_lite.api.front.tls import Certificate
from ironic_lite.common import exception
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_BACKLOG = 4096
"""Connections that may wait to be accepted, enough for all agents of a room after a power cut. The kernel limits it to
net.core.somaxconn."""
_AT_ONCE = 64
"""Connections to accept in a row before the open ones get their turn."""
_SHORT_OF = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 0.1
"""Seconds to pause accepting when the system is out of resources."""
_COMPLAINT_INTERVAL = 1.0


def listen(host: str | None = None, port: int | None = None) -> socket.socket:
    """Return a socket on an address and a port; several processes may accept from it.

    :param host: by default ``[api] host_ip``.
    :param port: by default ``[api] port``.
    :raises ConfigInvalid: it is not possible to listen on the address.
    """
    host = CONF.api.host_ip if host is None else host
    port = CONF.api.port if port is None else port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as exc:
        raise _cannot_listen(exc, host, port) from None


def _cannot_listen(failure: OSError, host: str, port: int) -> exception.ConfigInvalid:
    why = {
        errno.EADDRINUSE: "another process listens on it. Stop that process, or change [api] port.",
        errno.EADDRNOTAVAIL: "this machine does not have this address. Change [api] host_ip.",
        errno.EACCES: "the user of this process may not use this port. Set [api] port to 1024 or more.",
        errno.EAFNOSUPPORT: "this machine does not support IPv6. Change [api] host_ip.",
    }.get(failure.errno or 0, f"{failure.strerror or failure}. Set [api] host_ip and port.")
    return exception.ConfigInvalid(error_msg=f"The API cannot listen on {host} port {port}: {why}")


class Entrance:
    """Accepts connections within the limits; TLS handshakes run concurrently.

    :param listening: the sockets from ``listen``.
    :param serve: creates the protocol of a connection.
    :param certificate: None: plain HTTP.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listening: Sequence[socket.socket],
        guests: Guests,
        serve: Callable[[Guest], asyncio.Protocol],
        certificate: Certificate | None,
    ):
        self._loop, self._sockets, self._guests = loop, listening, guests
        self._serve, self._certificate = serve, certificate
        self._greetings: set[asyncio.Task[None]] = set()
        self._complaint_due = 0.0
        self._open = False

    def open(self) -> None:
        """Start to accept connections."""
        # Another process may accept the connection first; a blocking accept would then stop this loop.
        self._open = True
        for each in self._sockets:
            each.setblocking(False)
            self._loop.add_reader(each, self._accept, each)

    def close(self) -> None:
        """Stop listening."""
        if self._open:
            self._open = False
            for each in self._sockets:
                self._loop.remove_reader(each)
                each.close()
        for greeting in self._greetings:
            greeting.cancel()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as exc:
                self._pause(listening, exc)
                return
            connection.setblocking(False)
            self._greet(connection, str(address[0]))

    def _pause(self, listening: socket.socket, failure: OSError) -> None:
        """Pause accepting when the system is out of resources, and close a waiting connection."""
        room = failure.errno in _SHORT_OF and self._guests.make_room()
        self._complain(
            "The API pauses accepting connections: %s%s",
            failure.strerror or failure,
            ". It has closed a waiting connection" if room else "",
        )
        self._loop.remove_reader(listening)
        self._loop.call_later(_PAUSE, self._resume, listening)

    def _resume(self, listening: socket.socket) -> None:
        if self._open:
            self._loop.add_reader(listening, self._accept, listening)

    def _complain(self, text: str, *arguments: object) -> None:
        """Log a warning, at most one per second."""
        now = time.monotonic()
        if now >= self._complaint_due:
            self._complaint_due = now + _COMPLAINT_INTERVAL
            LOG.warning(text, *arguments)

    def _greet(self, connection: socket.socket, address: str) -> None:
        greeting: asyncio.Task[None] | None = None

        def leave() -> None:
            # The socket is its transport's to close, once there is one.
            if greeting is not None:
                greeting.cancel()

        guest = self._guests.admit(address, leave)
        if guest is None:
            connection.close()
            self._complain(
                "A connection from %s is refused, because all %d open connections are busy",
                address,
                self._guests.count,
            )
            return
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = self._loop.create_task(self._hand_over(connection, guest))
        self._greetings.add(greeting)
        greeting.add_done_callback(lambda done: self._is_over(done, connection, guest))

    def _is_over(
        self, greeting: asyncio.Task[None], connection: socket.socket, guest: Guest
    ) -> None:
        self._greetings.discard(greeting)
        if greeting.cancelled():
            # Before its first step.
            connection.close()
            self._guests.left(guest)

    async def _hand_over(self, connection: socket.socket, guest: Guest) -> None:
        certificate = self._certificate
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._serve(guest),
                connection,
                ssl=certificate.context if certificate else None,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT if certificate else None,
            )
        except asyncio.CancelledError:
            # Another connection needs the place. asyncio closes this one.
            self._guests.left(guest)
        except OSError as exc:
            # The TLS handshake failed or took too long; only the client can mend that.
            LOG.debug("A connection ended before its first request: %s", exc)
            connection.close()
            self._guests.left(guest)
