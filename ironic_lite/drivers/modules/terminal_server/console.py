# SPDX-License-Identifier: Apache-2.0
"""The console interface ``terminal-server``: a raw TCP port of a terminal server, or of a virtual machine."""

import asyncio
import contextlib
import re
from typing import Any

from ironic_lite.common import exception
from ironic_lite.common.outbound import addresses
from ironic_lite.drivers.interfaces.console import (
    ConsoleStream,
    ConsoleUnavailable,
    StreamingConsole,
)
from ironic_lite.drivers.interfaces.task import Task

_FIELD = "terminal_server_address"
_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|([0-9a-zA-Z_.\-]+)):([0-9]{1,5})\Z")
_PATIENCE = 10.0
"""Seconds to connect, and to close."""
_CHUNK = 64 * 1024


class TerminalServerConsole(StreamingConsole):
    """Connects to a raw TCP port (no Telnet, no RFC 2217)."""

    properties_prefix = "terminal_server_"

    def get_properties(self) -> dict[str, str]:
        return {
            _FIELD: "HOST:PORT of the raw TCP port that a terminal server has for the server's serial line. Required."
        }

    def validate(self, task: Task) -> None:
        _address(task.node.driver_info)

    async def open_stream(self, node: Any) -> ConsoleStream:
        try:
            host, port = _address(node.driver_info)
        except exception.IronicLiteError as exc:
            raise ConsoleUnavailable(exc.message) from None
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as exc:
            why = getattr(exc, "strerror", None) or "no answer"
            raise ConsoleUnavailable(
                f"terminal server {host}:{port} cannot be reached: {why}"
            ) from None
        stream = _TCPStream(reader, writer)
        peer = addresses.parse(writer.get_extra_info("peername")[0])
        refused = addresses.nobodys(peer)
        if refused:
            await stream.close()
            raise ConsoleUnavailable(f"terminal server {host}:{port} is at {refused}")
        return stream


class _TCPStream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(_CHUNK)
        except OSError as exc:
            raise ConsoleUnavailable(f"the connection broke: {exc.strerror}") from None
        if not data:
            raise ConsoleUnavailable("the terminal server closed the connection")
        return data

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            async with asyncio.timeout(_PATIENCE):
                await self._writer.drain()
        except (OSError, TimeoutError):
            raise ConsoleUnavailable("the terminal server does not take what is typed") from None

    async def send_break(self) -> None:
        """Raw TCP has no break."""

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._writer.wait_closed()


def _address(driver_info: dict[str, Any]) -> tuple[str, int]:
    text = driver_info.get(_FIELD)
    if not text:
        raise exception.MissingParameterValue(f"driver_info/{_FIELD} is missing.")
    found = _ADDRESS.match(text) if isinstance(text, str) else None
    if found is None or not 0 < int(found[3]) < 65536:
        raise exception.InvalidParameterValue(
            f"driver_info/{_FIELD} must be HOST:PORT, such as ts1.example.com:7012 or [2001:db8::7]:7012."
        )
    return found[1] or found[2], int(found[3])
