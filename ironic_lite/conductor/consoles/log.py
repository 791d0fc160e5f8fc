# SPDX-License-Identifier: Apache-2.0
"""The log of one console: a directory with files of records, each named by the position of its first byte.

A position counts the bytes of the records ever written, so it stays valid when old files are removed. Each record is
written at once by one system call, so it survives the end of the process. One thread writes; any thread reads.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ironic_lite.conductor.consoles import records
from ironic_lite.conductor.consoles.records import Kind, Record

_PARTS = 8
_MODE = 0o700
_NAME = "{:020d}.log"

Found = tuple[Record, int]
"""A record, and the position after it."""


class ConsoleLog:
    """The writing side.

    :param directory: it is made if it is missing.
    :param most: bytes of all files together; the oldest are removed.
    :ivar position: of the end.
    :raises OSError: when the directory cannot be used.
    """

    def __init__(self, directory: Path, most: int):
        self._directory = directory
        self._part = max(most // _PARTS, records.MAX_DATA)
        directory.mkdir(_MODE, parents=True, exist_ok=True)
        last = max(_files(directory), default=(0, directory / _NAME.format(0)))
        self._start, path = last
        self._file = _open(path)
        self.last: Record | None = None
        end = 0
        for record, after in records.unpack(path.read_bytes()):
            self.last, end = record, after
        # A record that a crash has cut off.
        os.ftruncate(self._file, end)
        self.position = self._start + end
        self.last_seen = os.fstat(self._file).st_mtime if end else None
        """When an earlier process last said that it had the console, in seconds since 1970."""

    def append(self, kind: Kind, data: bytes, operation: str = "", at: float | None = None) -> int:
        """Write a record; data above ``MAX_DATA`` become several.

        :returns: the position after it.
        :raises OSError: when the disk does not take it; it is then not in the log.
        """
        moment = time.time() if at is None else at
        for start in range(0, max(len(data), 1), records.MAX_DATA):
            part = data[start : start + records.MAX_DATA]
            self._write(Record(kind, moment, operation, part).pack())
        return self.position

    def alive(self) -> None:
        """Note that the console is connected, though the server prints nothing."""
        os.utime(self._file)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, content: bytes) -> None:
        if self.position - self._start >= self._part:
            self._next()
        written = os.write(self._file, content)
        if written < len(content):
            os.ftruncate(self._file, self.position - self._start)
            raise OSError("the disk is full")
        self.position += written

    def _next(self) -> None:
        file = _open(self._directory / _NAME.format(self.position))
        os.close(self._file)
        self._file, self._start = file, self.position
        for _, path in sorted(_files(self._directory))[:-_PARTS]:
            path.unlink(missing_ok=True)


def read(directory: Path, position: int = 0, since: float = 0.0) -> Iterator[Found]:
    """Yield the records from a position on; from the oldest one that is left, if it was removed meanwhile.

    :param since: files with nothing newer, in seconds since 1970, are left out.

    A position inside a record, which only a stranger can name, yields nothing of its file.
    """
    files = sorted(_files(directory))
    for at, (start, path) in enumerate(files):
        if at + 1 < len(files) and files[at + 1][0] <= position:
            continue
        try:
            if path.stat().st_mtime < since:
                continue
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        for record, after in records.unpack(content, max(0, position - start)):
            yield record, start + after


def tail(directory: Path, before: int, most: int) -> bytes:
    """Return the last ``most`` bytes that the server has printed before a position."""
    found: list[bytes] = []
    for _, path in sorted(_files(directory), reverse=True):
        start = int(path.stem)
        if start >= before:
            continue
        content = path.read_bytes()[: before - start]
        printed = [r.data for r, _ in records.unpack(content) if r.kind is Kind.OUTPUT]
        found.insert(0, b"".join(printed))
        if sum(map(len, found)) >= most:
            break
    return b"".join(found)[-most:]


def _files(directory: Path) -> Iterator[tuple[int, Path]]:
    for path in directory.glob("*.log"):
        if path.stem.isdigit():
            yield int(path.stem), path


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
