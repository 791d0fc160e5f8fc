# SPDX-License-Identifier: Apache-2.0
"""The socket to which API processes connect with a token, for the WebSockets of their clients."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oslo_log import log as logging

from ironic_lite.common import console_frames as frames
from ironic_lite.common import safe_text
from ironic_lite.conductor.consoles.console import Console, Watcher
from ironic_lite.conductor.consoles.log import tail
from ironic_lite.conductor.consoles.tokens import Ticket, Tokens
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_PATIENCE = 10.0
"""Seconds to show a token."""
_MOST = 1000
"""Connections at the same time."""
_LONGEST = 256
_REPLAYED = 64 * 1024
"""Bytes of the log's end from which the screen is made. What an older byte has left on it is not shown."""
_UNDRAWN = 2048
"""Bytes of it that are shown where there is no terminal emulator (``ironic-lite[console]``)."""


class Entrance:
    """Listens when it is first asked for.

    :param find: returns the console of a node.
    """

    def __init__(self, find: Callable[[str], Console | None], tokens: Tokens):
        self._find, self._tokens = find, tokens
        self._server: asyncio.Server | None = None
        self._guests: dict[Console, dict[Watcher, asyncio.StreamWriter]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> tuple[str, int]:
        """Listen, if it does not yet, and return address and port."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, CONF.console.listen_address, CONF.console.listen_port
            )
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Stop listening, and let everybody go. Idempotent."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) <= _MOST:
                await self._welcome(reader, writer)
        except (
            OSError,
            TimeoutError,
            EOFError,
            ValueError,
            frames.Malformed,
            asyncio.CancelledError,
        ):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE):
            _, shown = await frames.read(reader)
        ticket = self._tokens.redeem(shown[:_LONGEST].decode("ascii", "replace"))
        console = self._find(ticket.node) if ticket else None
        if ticket is None or console is None:
            writer.write(frames.control(refused="The token is not valid: ask for a new one."))
            await writer.drain()
            return
        watcher = console.join(ticket.user)
        guests = self._guests.setdefault(console, {})
        guests[watcher] = writer
        working = [
            asyncio.ensure_future(self._show(console, watcher, writer)),
            asyncio.ensure_future(self._obey(console, watcher, ticket, reader)),
        ]
        try:
            await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in working:
                each.cancel()
            await asyncio.wait(working)
            had = console.writer is watcher
            console.leave(watcher)
            del guests[watcher]
            if not guests:
                del self._guests[console]
            elif had:
                self._tell_all(console)

    async def _show(self, console: Console, watcher: Watcher, writer: asyncio.StreamWriter) -> None:
        writer.write(frames.control(**_state(console, watcher)))
        # Everything up to ``joined`` is in the log; everything else waits in the watcher's queue.
        shown = await asyncio.to_thread(_screen, console.directory, watcher.joined)
        writer.write(frames.packed(frames.DATA, shown))
        while (data := await watcher.next()) is not None:
            writer.write(frames.packed(frames.DATA, data))
            await writer.drain()
        writer.write(frames.control(ended="The console was closed, or you were too far behind."))
        await writer.drain()

    async def _obey(
        self, console: Console, watcher: Watcher, ticket: Ticket, reader: asyncio.StreamReader
    ) -> None:
        while True:
            kind, content = await frames.read(reader)
            before = console.writer
            if kind == frames.DATA:
                if ticket.writes:
                    await console.type(watcher, content)
            else:
                asked = json.loads(content)
                if isinstance(asked, dict):
                    await self._do(console, watcher, ticket, asked)
            if console.writer is not before:
                self._tell_all(console)

    async def _do(
        self, console: Console, watcher: Watcher, ticket: Ticket, asked: dict[str, Any]
    ) -> None:
        match asked.get("do"):
            case "take" if ticket.writes:
                forced = asked.get("force") is True and ticket.forces
                if not console.take(watcher, forced=forced):
                    self._ask(console, watcher)
            case "give":
                await self._give(console, watcher, asked.get("to"))
            case "break" if ticket.writes:
                await console.send_break(watcher)
            case _:
                writer = self._guests[console][watcher]
                writer.write(frames.control(refused="You may not do this, or it is unknown."))

    async def _give(self, console: Console, watcher: Watcher, to: Any) -> None:
        """Give the right to write to somebody else who watches; to nobody in particular by default."""
        if console.writer is not watcher:
            return
        console.release(watcher)
        for other in self._guests[console]:
            if other is not watcher and other.name == to:
                console.take(other)
                return

    def _ask(self, console: Console, watcher: Watcher) -> None:
        """Tell who writes that somebody else wants to."""
        for other, writer in self._guests[console].items():
            if other is console.writer:
                writer.write(frames.control(asks=watcher.name))
        LOG.info("%s asks to write", safe_text.one_line(watcher.name))
        self._guests[console][watcher].write(frames.control(**_state(console, watcher)))

    def _tell_all(self, console: Console) -> None:
        for watcher, writer in self._guests.get(console, {}).items():
            writer.write(frames.control(**_state(console, watcher)))


def _state(console: Console, watcher: Watcher) -> dict[str, Any]:
    return {**console.information(), "you": watcher.name, "writing": console.writer is watcher}


def _screen(directory: Path, position: int) -> bytes:
    """Return what draws the screen as it was at a position in the log."""
    printed = tail(directory, position, _REPLAYED)
    try:
        # Imported here because only this needs it, and it is an extra of the package.
        from ironic_lite.conductor.consoles import screen
    except ModuleNotFoundError:
        return printed[-_UNDRAWN:]
    return screen.drawn(printed)
