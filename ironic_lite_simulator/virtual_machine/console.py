# SPDX-License-Identifier: Apache-2.0
"""The serial console of a virtual machine: kept, watched, and open to people at a UNIX socket."""

import asyncio
import collections
import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_LINES = 500
_CHUNK = 4096
_MAX_LINE = 4096
# Nobody reads: output for that visitor is dropped instead of kept.
_MAX_UNREAD = 1 << 20
# Control sequences of terminals: colours, positions, modes, titles.
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
# What shows where a boot is, in the order in which it usually comes.
_PHASES = (
    ("firmware", re.compile(rb"SeaBIOS \(version|BdsDxe: |UEFI Interactive Shell")),
    (
        "network-boot",
        re.compile(rb"iPXE initialising|iPXE [0-9.]+.*Open Source|>>Start (?:PXE|HTTP)"),
    ),
    ("boot-loader", re.compile(rb"GNU GRUB|Welcome to GRUB|GRUB loading")),
    ("kernel", re.compile(rb"Linux version \d|Booting Linux")),
    ("login", re.compile(rb"(?:^|\s)\S+ login: *$")),
)


class Console:
    """What a serial port sends, over all boots of the machine.

    ``log`` is the file that everything is appended to. ``tell`` gets the name of each phase that the output shows:
    firmware, network-boot, boot-loader, kernel, login. A UNIX socket at ``door`` shows the output to any number of
    visitors and takes what they type.
    """

    def __init__(self, log: Path, door: Path, tell: Callable[[str], None]) -> None:
        self.door = door
        self._tell = tell
        self._log: BinaryIO = log.open("ab", buffering=0)
        self._lines: collections.deque[bytes] = collections.deque(maxlen=_LINES)
        self._line = b""
        self._phase = ""
        self._visitors: set[asyncio.StreamWriter] = set()
        self._port: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Let visitors in.

        :raises OSError: the path of the socket is too long (107 characters), or cannot be made.
        """
        self.door.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._visit, self.door)

    async def close(self) -> None:
        """Send the visitors away, and close the log."""
        if self._server is not None:
            self._server.close()
        for visitor in self._visitors:
            visitor.close()
        self._log.close()
        self.door.unlink(missing_ok=True)

    def lines(self) -> list[str]:
        """Return the last lines, without control sequences; the last one may be unfinished."""
        found = [*self._lines, *([self._line] if self._line else [])]
        return [_SEQUENCE.sub(b"", line).decode(errors="replace") for line in found]

    def type(self, text: str) -> None:
        """Send keystrokes to the machine; without power they are lost."""
        if self._port is not None and not self._port.is_closing():
            self._port.write(text.encode())

    def say(self, text: str) -> None:
        """Show a line of the rack's own."""
        self._take(f"\r\n{text}\r\n".encode())

    async def follow(self, reader: asyncio.StreamReader, port: asyncio.StreamWriter) -> None:
        """Take the output of one boot, until the machine closes its serial port."""
        self._port, self._phase = port, ""
        self._end_line()
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                self._take(chunk)
        port.close()

    def _take(self, chunk: bytes) -> None:
        self._log.write(chunk)
        for visitor in self._visitors:
            if visitor.transport.get_write_buffer_size() < _MAX_UNREAD:
                visitor.write(chunk)
        *ended, self._line = (self._line + chunk).split(b"\n")
        for line in ended:
            self._watch(line)
            self._lines.append(line.rstrip(b"\r")[-_MAX_LINE:])
        self._line = self._line[-_MAX_LINE:]
        self._watch(self._line)

    def _end_line(self) -> None:
        if self._line:
            self._lines.append(self._line)
            self._line = b""

    def _watch(self, line: bytes) -> None:
        plain = _SEQUENCE.sub(b"", line)
        for phase, shown in _PHASES:
            if phase != self._phase and shown.search(plain):
                self._phase = phase
                self._tell(phase)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitors.add(writer)
        try:
            while typed := await reader.read(_CHUNK):
                if self._port is not None and not self._port.is_closing():
                    self._port.write(typed)
        except OSError:
            return
        finally:
            self._visitors.discard(writer)
            writer.close()
