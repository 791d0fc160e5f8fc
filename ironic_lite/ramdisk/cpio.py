# SPDX-License-Identifier: Apache-2.0
"""Writes cpio archives in the format "newc", as Linux reads them at its start."""

import stat
from dataclasses import dataclass
from typing import Protocol

DATE = 1_767_225_600
"""The time of change of every file, so that equal content makes equal archives (2026-01-01)."""


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True)
class Entry:
    """One file.

    :param mode: kind and permissions, as of `os.stat`.
    :param data: content of a regular file, target of a symbolic link.
    :param device: major and minor number of a device.
    """

    name: str
    mode: int
    data: bytes = b""
    uid: int = 0
    gid: int = 0
    device: tuple[int, int] = (0, 0)


class Writer:
    """Writes one archive; close it, or the archive has no end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._files = 0
        self.size = 0

    def add(self, entry: Entry) -> None:
        """Append a file."""
        self._files += 1
        name = entry.name.encode(errors="surrogateescape") + b"\0"
        numbers = (
            *(self._files, entry.mode, entry.uid, entry.gid),
            *(2 if stat.S_ISDIR(entry.mode) else 1, DATE, len(entry.data)),
            *(0, 0, *entry.device, len(name), 0),
        )
        head = b"070701" + b"".join(b"%08X" % number for number in numbers)
        self._write(head + name)
        self._write(entry.data)

    def close(self) -> None:
        """Write the end of the archive."""
        self.add(Entry("TRAILER!!!", 0))

    def _write(self, data: bytes) -> None:
        padding = -len(data) % 4
        self._sink.write(data)
        self._sink.write(b"\0" * padding)
        self.size += len(data) + padding
