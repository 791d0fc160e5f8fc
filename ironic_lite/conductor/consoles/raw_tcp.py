# SPDX-License-Identifier: Apache-2.0
"""The raw TCP port of a console, as Ironic's socat gives one; Nova's serial proxy connects to it.

It has no authentication, as with socat: ``[console] socat_address`` must be in a network that only the proxies reach.
A client gets what the server prints from then on; it writes when nobody else does.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

from ironic_lite.common import exception
from ironic_lite.conductor.consoles.console import Console, Watcher
from ironic_lite.conf import CONF

_MOST = 16
"""Clients of one console."""
_CHUNK = 4096
_MEMORY = "tcp-port"
"""File beside the log that has the last port, so that URLs stay valid when the conductor starts again."""


class RawTCP:
    """One listening port.

    :param port: the port that the node's record asks for; None: any free one of ``[console] port_range``.
    """

    def __init__(self, console: Console, port: int | str | None):
        self._console, self._port = console, port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.url = ""

    async def open(self) -> None:
        """Listen.

        :raises ConsoleError: when no port is free.
        """
        listening = self._bound()
        host, port = listening.getsockname()[:2]
        self._server = await asyncio.start_server(self._serve, sock=listening)
        self.url = f"tcp://{f'[{host}]' if ':' in host else host}:{port}"
        with contextlib.suppress(OSError):
            (self._console.directory / _MEMORY).write_text(str(port))

    def close(self) -> None:
        """Stop listening, and let the clients go."""
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.cancel()

    def _bound(self) -> socket.socket:
        address = CONF.console.socat_address
        why = "all ports of [console] port_range are in use"
        for port in self._candidates():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listening = socket.socket(family, socket.SOCK_STREAM)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((address, port))
                listening.listen()
            except OSError as exc:
                listening.close()
                if exc.errno != errno.EADDRINUSE:
                    why = f"[console] socat_address {address}, port {port}: {exc.strerror}"
                continue
            return listening
        raise exception.ConsoleError(reason=why)

    def _candidates(self) -> Iterator[int]:
        if self._port is not None:
            yield _number(self._port)
            return
        allowed = _range()
        with contextlib.suppress(OSError, ValueError):
            last = int((self._console.directory / _MEMORY).read_text())
            if not allowed or last in allowed:
                yield last
        yield from allowed or (0,)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._clients) >= _MOST:
            writer.close()
            return
        self._clients.add(task)
        peer = writer.get_extra_info("peername")
        watcher = self._console.join(f"TCP client {peer[0] if peer else '-'}")
        typing = asyncio.get_running_loop().create_task(self._type(reader, watcher))
        printing = asyncio.get_running_loop().create_task(_print(writer, watcher))
        try:
            await asyncio.wait({typing, printing}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass
        finally:
            typing.cancel()
            printing.cancel()
            self._console.leave(watcher)
            self._clients.discard(task)
            writer.close()

    async def _type(self, reader: asyncio.StreamReader, watcher: Watcher) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._console.type(watcher, data)


async def _print(writer: asyncio.StreamWriter, watcher: Watcher) -> None:
    with contextlib.suppress(OSError):
        while (data := await watcher.next()) is not None:
            writer.write(data)
            await writer.drain()


def _range() -> range:
    """Return the ports that may be used; empty: any."""
    text = CONF.console.port_range
    if not text:
        return range(0)
    first, _, last = text.partition(":")
    return range(int(first), int(last) + 1)


def _number(port: int | str) -> int:
    with contextlib.suppress(ValueError, TypeError):
        if 0 < int(port) < 65536:
            return int(port)
    raise exception.ConsoleError(
        reason="driver_info/ipmi_terminal_port must be a number from 1 to 65535"
    )
