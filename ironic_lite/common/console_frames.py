# SPDX-License-Identifier: Apache-2.0
"""Frames between the API and a conductor, which the API passes on as the messages of a WebSocket.

A frame is a byte for its kind, four bytes for the length, and the content: bytes of the console (binary messages), or a
JSON object (text messages).
"""

import asyncio
import json
import struct
from typing import Any

DATA, CONTROL = b"d", b"c"
MOST = 256 * 1024
_HEAD = struct.Struct(">cI")


class Malformed(Exception):
    """The other side does not speak this protocol."""


def packed(kind: bytes, content: bytes) -> bytes:
    """Return a frame."""
    return _HEAD.pack(kind, len(content)) + content


def control(**said: Any) -> bytes:
    """Return a frame with a JSON object."""
    return packed(CONTROL, json.dumps(said).encode())


async def read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Wait for a frame.

    :raises Malformed: it is none.
    :raises OSError, asyncio.IncompleteReadError: the connection has ended.
    """
    kind, length = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if kind not in (DATA, CONTROL) or length > MOST:
        raise Malformed
    return kind, await reader.readexactly(length)
