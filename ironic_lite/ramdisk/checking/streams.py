# SPDX-License-Identifier: Apache-2.0
"""Reads a file whose parts may be compressed, one after the other, within limits."""

import bz2
import lzma
import time
import zlib
from collections.abc import Callable
from typing import Protocol

from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

_PIECE = 64 << 10
_LARGEST_WINDOW = 27
"""Base-2 logarithm of the memory that Linux takes for zstd, bytes."""
_MEMORY = 256 << 20
"""Bytes that xz may take."""


class Damaged(RamdiskError):
    """A file is not what it seems to be, or larger than all ramdisks."""


class Budget:
    """What the check of one file may take.

    :param size: bytes after decompression, in all.
    :param seconds: of time.
    """

    def __init__(self, size: int = 8 << 30, seconds: float = 300) -> None:
        self._size = size
        self._limit = size
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def take(self, size: int) -> None:
        """Account for bytes that were read. Raises Damaged when the budget is used up."""
        self._size -= size
        if self._size < 0:
            raise Damaged(
                f"It unpacks to more than {self._limit / (1 << 30):.1f} GiB, which no ramdisk does."
            )
        if time.monotonic() > self._ends:
            raise Damaged(f"Reading it took more than {self._seconds:g} s.")


class Reader(Protocol):
    """Returns at most so many bytes, and none at the end."""

    def read(self, size: int, /) -> bytes: ...


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


FORMATS: dict[str, tuple[bytes, Callable[[], _Decompressor]]] = {
    "gzip": (b"\x1f\x8b", _Gzip),
    "bzip2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)),
    "lzma": (b"\x5d\0\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY)),
    "zstd": (
        b"\x28\xb5\x2f\xfd",
        lambda: ZstdDecompressor(options={DecompressionParameter.window_log_max: _LARGEST_WINDOW}),
    ),
}
"""What a compressed part begins with, and how it is read."""

UNSUPPORTED = {b"\x02\x21\x4c\x18": "lz4", b"\x89LZO\0": "lzop"}
"""Compressions that Linux knows and this check does not."""

_BROKEN = (zlib.error, lzma.LZMAError, ZstdError, EOFError, OSError, ValueError)


class Source:
    """Reads ahead, and takes back what was read too much."""

    def __init__(self, file: Reader) -> None:
        self._file = file
        self._held = b""

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them; fewer at the end."""
        while len(self._held) < size:
            more = self._file.read(_PIECE)
            if not more:
                break
            self._held += more
        return self._held[:size]

    def read(self, size: int) -> bytes:
        """Take at most `size` bytes; none at the end."""
        if not self._held:
            return self._file.read(min(size, _PIECE))
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def give_back(self, data: bytes) -> None:
        """Put bytes in front of the rest."""
        self._held = data + self._held


class Plain:
    """A part as it is: reads from the source."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""
        data = self._source.read(size)
        self._budget.take(len(data))
        return data


class Compressed:
    """A compressed part. What follows it in the source stays there."""

    def __init__(self, source: Source, budget: Budget, name: str) -> None:
        self._source = source
        self._budget = budget
        self._name = name
        self._decompressor = FORMATS[name][1]()
        self._ended = False

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end. Raises Damaged."""
        while not self._ended:
            wanted = self._decompressor.needs_input
            fresh = self._source.read(_PIECE) if wanted else b""
            try:
                data = self._decompressor.decompress(fresh, min(size, _PIECE))
            except _BROKEN as exc:
                raise Damaged(f"The {self._name} data is damaged: {exc}.") from exc
            if self._decompressor.eof:
                self._ended = True
                self._source.give_back(self._decompressor.unused_data)
            elif wanted and not fresh and not data:
                raise Damaged(f"The {self._name} data ends too early; is the download complete?")
            self._budget.take(len(data))
            if data:
                return data
        return b""


def compression(head: bytes) -> str | None:
    """Return the compression that data begins with; None if it is not compressed.

    :raises Damaged: if it has a compression that this check cannot read.
    """
    for sign, name in UNSUPPORTED.items():
        if head.startswith(sign):
            raise Damaged(f"It is compressed with {name}, which this check does not read.")
    return next((name for name, (sign, _) in FORMATS.items() if head.startswith(sign)), None)


def open_part(source: Source, budget: Budget) -> tuple[Reader, str | None]:
    """Return a reader for the part that begins here, and its compression."""
    name = compression(source.peek(8))
    return (Compressed(source, budget, name) if name else Plain(source, budget)), name


def exactly(part: Reader, size: int) -> bytes:
    """Read this many bytes. Raises Damaged if there are fewer."""
    pieces = []
    while size:
        data = part.read(size)
        if not data:
            raise Damaged("It ends in the middle of a file; is the download complete?")
        pieces.append(data)
        size -= len(data)
    return b"".join(pieces)


def skip(part: Reader, size: int) -> None:
    """Read and forget this many bytes. Raises Damaged if there are fewer."""
    while size:
        data = part.read(min(size, _PIECE))
        if not data:
            raise Damaged("It ends in the middle of a file; is the download complete?")
        size -= len(data)
