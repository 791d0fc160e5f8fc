# SPDX-License-Identifier: Apache-2.0
"""The records of a console's log, and their bytes on disk.

A record is a head, the operation, and the data; the head's checksum covers all of it, so a record that a crash cut off
is found when the log is opened, and by who reads while it is written.
"""

import dataclasses
import enum
import struct
import zlib
from collections.abc import Iterator

_MAGIC = 0xC5
_HEAD = struct.Struct(">BBdBI")
"""Magic, kind, seconds since 1970, length of the operation, length of the data."""
_CRC = struct.Struct(">I")
_BEFORE_BODY = _HEAD.size + _CRC.size
MAX_DATA = 64 * 1024


class Kind(enum.IntEnum):
    """What a record is about."""

    OUTPUT = 1
    """Bytes that the server has printed."""
    GAP = 2
    """No console from ``data``'s time to this record's: ``SECONDS REASON``, in UTF-8; ``-`` where it is not known."""
    STOPPED = 3
    """The conductor has let go of the console; ``data`` says why, in UTF-8."""
    NOTE = 4
    """Who writes, and the like, in UTF-8."""


@dataclasses.dataclass(frozen=True)
class Record:
    """:param at: seconds since 1970.

    :param operation: UUID of the node's operation that ran; empty: none.
    """

    kind: Kind
    at: float
    operation: str
    data: bytes

    def pack(self) -> bytes:
        """Return the record's bytes."""
        operation = self.operation.encode("ascii", "replace")[:255]
        head = _HEAD.pack(_MAGIC, self.kind, self.at, len(operation), len(self.data))
        body = operation + self.data
        return head + _CRC.pack(zlib.crc32(head + body)) + body


def unpack(content: bytes, start: int = 0) -> Iterator[tuple[Record, int]]:
    """Yield whole records and where each ends in ``content``; what follows the last one is incomplete or damaged."""
    while start + _BEFORE_BODY <= len(content):
        magic, kind, at, named, length = _HEAD.unpack_from(content, start)
        (crc,) = _CRC.unpack_from(content, start + _HEAD.size)
        end = start + _BEFORE_BODY + named + length
        if magic != _MAGIC or length > MAX_DATA or end > len(content):
            return
        body = content[start + _BEFORE_BODY : end]
        if zlib.crc32(content[start : start + _HEAD.size] + body) != crc:
            return
        operation = body[:named].decode("ascii", "replace")
        yield Record(Kind(kind), at, operation, body[named:]), end
        start = end
