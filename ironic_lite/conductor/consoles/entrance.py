# SPDX-License-Identifier: Apache-2.0
"""The socket to which API processes connect with a token, for the WebSockets of their clients."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ironic_lite.common import console_frames as frames
from ironic_lite.common import json_reading
from ironic_lite.conductor.consoles.console import Console, Watcher
from ironic_lite.conductor.consoles.log import tail
from ironic_lite.conductor.consoles.tokens import Ticket, Tokens
from ironic_lite.conf import CONF

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
        watcher = console.join(
            ticket.user,
            told=lambda: writer.write(frames.control(**_state(console, watcher))),
            asked=lambda name: writer.write(frames.control(asks=name)),
        )
        working = [
            asyncio.ensure_future(self._show(console, watcher, writer)),
            asyncio.ensure_future(self._obey(console, watcher, ticket, reader, writer)),
        ]
        try:
            await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in working:
                each.cancel()
            await asyncio.wait(working)
            console.leave(watcher)

    async def _show(self, console: Console, watcher: Watcher, writer: asyncio.StreamWriter) -> None:
        writer.write(frames.control(**_state(console, watcher)))
        # Everything up to ``joined`` is in the log; everything else waits in the watcher's queue.
        shown = await asyncio.to_thread(screen_at, console.directory, watcher.joined)
        writer.write(frames.packed(frames.DATA, shown))
        while (data := await watcher.next()) is not None:
            writer.write(frames.packed(frames.DATA, data))
            await writer.drain()
        writer.write(frames.control(ended="The console was closed, or you were too far behind."))
        await writer.drain()

    async def _obey(
        self,
        console: Console,
        watcher: Watcher,
        ticket: Ticket,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while True:
            kind, content = await frames.read(reader)
            if kind == frames.DATA:
                if ticket.writes:
                    await console.type(watcher, content)
                continue
            asked = json_reading.read(content)
            match asked.get("do") if isinstance(asked, dict) else None:
                case "take" if ticket.writes and asked.get("force") is True and ticket.forces:
                    console.take(watcher, forced=True)
                case "take" if ticket.writes:
                    if not console.ask(watcher):
                        writer.write(frames.control(**_state(console, watcher)))
                case "give":
                    console.give(watcher, asked.get("to"))
                case "break" if ticket.writes:
                    await console.send_break(watcher)
                case _:
                    refused = "You may not do this, or it is unknown."
                    writer.write(frames.control(refused=refused))


def _state(console: Console, watcher: Watcher) -> dict[str, Any]:
    return {**console.information(), "you": watcher.name, "writing": console.writer is watcher}


def screen_at(directory: Path, position: int) -> bytes:
    """Return what draws the screen as it was at a position in the log."""
    printed = tail(directory, position, _REPLAYED)
    try:
        # Imported here because only this needs it, and it is an extra of the package.
        from ironic_lite.conductor.consoles import screen
    except ModuleNotFoundError:
        return printed[-_UNDRAWN:]
    return screen.drawn(printed)
