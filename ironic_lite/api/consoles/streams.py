# SPDX-License-Identifier: Apache-2.0
"""The ASGI application of the consoles' WebSockets: ``/consoles/{node}?token=...``.

``docs/consoles.md`` has the protocol. The conductor that has the console checks the token, which counts once; this
passes messages on, in the API's event loop.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import importlib.util
import logging
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ironic_lite.api.images import answers
from ironic_lite.common import console_frames as frames
from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import rpcapi

LOG = logging.getLogger(__name__)

PREFIX = "/consoles/"

_OPENERS = 2
"""Threads that ask conductors for the way to a console."""
_MOST = 1000
"""WebSockets of one process."""
_LONGEST = 256
"""Maximum bytes of a query."""
_PATIENCE = 10.0
"""Seconds to connect to the conductor."""
_REFUSED, _GONE = 4403, 4410
"""Codes with which WebSockets are closed."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class _Refused(Exception):
    """The client cannot have the console; the message says why."""


class ConsoleStreams:
    """One per process."""

    takes_websockets = importlib.util.find_spec("websockets") is not None

    def __init__(self) -> None:
        self._openers = concurrent.futures.ThreadPoolExecutor(
            _OPENERS, thread_name_prefix="console-opener"
        )
        self._open = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        if scope["type"] != "websocket":
            await answers.send_error(send, 426, "This is a WebSocket: see docs/consoles.md.")
            return
        if (await receive())["type"] != "websocket.connect":
            return
        await send({"type": "websocket.accept"})
        if self._open >= _MOST:
            await _close(send, _REFUSED, f"This API process has {_MOST} consoles open; retry.")
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        except _Refused as exc:
            await _close(send, _REFUSED, str(exc))
        finally:
            self._open -= 1

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        node, token = _parse(scope)
        host, port = await self._way(node)
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            raise _Refused("The conductor that has the console cannot be reached.") from None
        writer.write(frames.packed(frames.DATA, token.encode()))
        working = [
            asyncio.ensure_future(_from_console(reader, send)),
            asyncio.ensure_future(_from_client(receive, writer)),
        ]
        try:
            await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in working:
                each.cancel()
            await asyncio.wait(working)
            writer.close()
        if not working[0].cancelled():
            await _close(send, _GONE, "The console has ended.")

    @functools.cached_property
    def _conductors(self) -> rpcapi.ConductorAPI:
        return rpcapi.ConductorAPI()

    async def _way(self, node: str) -> tuple[str, int]:
        def ask() -> dict[str, Any]:
            # Imported here, as in the rooms of the API, only where a record is read.
            from ironic_lite.objects.node import Node

            context = ironic_context.RequestContext(is_public_api=True, overwrite=False)
            record = Node.get_by_uuid(context, node)
            return self._conductors.of(record).get_console_entrance(context, record.uuid)

        try:
            found = await asyncio.get_running_loop().run_in_executor(self._openers, ask)
        except exception.IronicLiteError as exc:
            LOG.info("Node %s: no way to its console: %s", node, exc.message)
            raise _Refused("The token is not valid: ask for a new one.") from None
        return found["host"], found["port"]


async def _from_console(reader: asyncio.StreamReader, send: Send) -> None:
    with contextlib.suppress(OSError, EOFError, frames.Malformed):
        while True:
            kind, content = await frames.read(reader)
            if kind == frames.DATA:
                await send({"type": "websocket.send", "bytes": content})
            else:
                await send({"type": "websocket.send", "text": content.decode()})


async def _from_client(receive: Receive, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while (message := await receive())["type"] == "websocket.receive":
            content = message.get("bytes")
            kind = frames.CONTROL if content is None else frames.DATA
            sent = (message.get("text") or "").encode() if content is None else content
            if len(sent) > frames.MOST:
                return
            writer.write(frames.packed(kind, sent))
            await writer.drain()


async def _close(send: Send, code: int, reason: str) -> None:
    # The client may have left.
    with contextlib.suppress(Exception):
        await send({"type": "websocket.close", "code": code, "reason": reason})


def _parse(scope: dict[str, Any]) -> tuple[str, str]:
    """Return node and token of the URL."""
    query = urllib.parse.parse_qs(scope["query_string"][:_LONGEST].decode("latin-1"))
    tokens = query.get("token", [])
    node = scope["path"].removeprefix(PREFIX)
    with contextlib.suppress(ValueError):
        if len(tokens) == 1 and str(uuid.UUID(node)) == node:
            return node, tokens[0]
    raise _Refused("The URL has to be /consoles/UUID?token=TOKEN.")
