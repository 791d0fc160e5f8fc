# SPDX-License-Identifier: Apache-2.0
"""TFTP (RFC 1350) for firmware that fetches iPXE: with blksize, tsize, timeout (RFC 2348, RFC 2349) and windowsize (RFC
7440). Files are only read."""

import asyncio
import collections
import dataclasses
import enum
import logging
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from ironic_lite.netboot import sockets
from ironic_lite.netboot.boot_files import Report
from ironic_lite.netboot.interface import State

LOG = logging.getLogger(__name__)

PORT = 69
_SMALLEST_BLOCK, _DEFAULT_BLOCK, _LARGEST_BLOCK = 8, 512, 65464
_HEADERS = 60 + 8 + 4
"""Bytes of an IPv4 header with options, of UDP and of TFTP; larger blocks would be fragmented, which some firmware
cannot take."""
_MOST_IN_WINDOW = 16
_PATIENCE = 1.0
"""Seconds to wait for an acknowledgement before a window is sent again; twice as long each time."""
_TRIES = 6
_MOST_TRANSFERS = 1024
_MOST_FOR_ONE = 8
"""Transfers to one address at the same time; firmware makes one or two."""


class Code(enum.IntEnum):
    """The operations."""

    READ = 1
    WRITE = 2
    DATA = 3
    ACKNOWLEDGE = 4
    ERROR = 5
    OPTIONS = 6


class Malformed(ValueError):
    """The bytes are no request."""


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A request for a file. ``options`` has names in lower case."""

    code: Code
    file: str
    mode: str
    options: dict[str, str]


def read(data: bytes) -> Question:
    """Read what came to port 69.

    :raises Malformed: it is no request.
    """
    if len(data) < 4 or int.from_bytes(data[:2], "big") not in (Code.READ, Code.WRITE):
        raise Malformed("no request")
    words = data[2:].split(b"\0")
    # Some firmware sends more behind the last zero.
    if len(words) < 3 or not words[0]:
        raise Malformed("no file name or mode")
    try:
        texts = [word.decode("ascii") for word in words]
    except UnicodeDecodeError:
        raise Malformed("not ASCII") from None
    if not texts[0].isprintable():
        raise Malformed("a file name with control characters")
    pairs = texts[2 : 2 + (len(texts) - 2) // 2 * 2]
    options = {pairs[i].lower(): pairs[i + 1] for i in range(0, len(pairs), 2) if pairs[i]}
    return Question(Code(data[1]), texts[0], texts[1].lower(), options)


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed on for a transfer; ``answer`` has the options to confirm."""

    block: int
    window: int
    timeout: float
    answer: dict[str, str]


def negotiate(options: dict[str, str], size: int, mtu: int) -> Terms:
    """Return the terms for what a client wants. Unknown and broken options are ignored, as the RFC wants."""
    block, window, timeout, answer = _DEFAULT_BLOCK, 1, _PATIENCE, {}
    for name, text in options.items():
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
        if name == "blksize" and _SMALLEST_BLOCK <= number <= _LARGEST_BLOCK:
            block = max(_SMALLEST_BLOCK, min(number, mtu - _HEADERS))
            answer[name] = str(block)
        elif name == "windowsize" and 1 <= number <= 65535:
            window = min(number, _MOST_IN_WINDOW)
            answer[name] = str(window)
        elif name == "timeout" and 1 <= number <= 255:
            timeout = float(number)
            answer[name] = str(number)
        elif name == "tsize" and number >= 0:
            answer[name] = str(size)
    return Terms(block, window, timeout, answer)


class TftpServer:
    """Serves the files that ``find`` finds, from ``start`` to ``stop``.

    :param address: ours; transfers come from it.
    :param find: returns the file for a name; None: there is none.
    :param tell: gets each file that was sent, or could not be.
    """

    def __init__(
        self, state: State, address: str, find: Callable[[str], Path | None], report: Report
    ) -> None:
        self._state, self._address, self._find, self._report = state, address, find, report
        self._port: socket.socket | None = None
        self._transfers: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._of: collections.Counter[str] = collections.Counter()

    def start(self) -> None:
        """Open port 69.

        :raises CannotListen: it is taken, or the privilege is missing.
        """
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        self._port = sockets.udp(self._state.name, PORT, self._address, family)
        asyncio.get_running_loop().add_reader(self._port, self._read)

    def stop(self) -> None:
        """Close the port, and end all transfers."""
        if self._port is not None:
            asyncio.get_running_loop().remove_reader(self._port)
            self._port.close()
            self._port = None
        for transfer in self._transfers.values():
            transfer.cancel()

    def _read(self) -> None:
        assert self._port is not None
        for data, client in sockets.received(self._port, 65536):
            try:
                question = read(data)
            except Malformed as exc:
                LOG.debug("A packet from %s to the TFTP port is no request: %s", client[0], exc)
                continue
            self._begin(question, client)

    def _begin(self, question: Question, client: tuple[str, int]) -> None:
        key = client[:2]
        if key in self._transfers:
            # The request came twice.
            return
        if len(self._transfers) >= _MOST_TRANSFERS or self._of[client[0]] >= _MOST_FOR_ONE:
            self._refuse(client, 0, "Too many transfers")
            return
        if question.code is not Code.READ:
            self._refuse(client, 2, "Files are only read")
            return
        if question.mode not in ("octet", "netascii"):
            self._refuse(client, 4, "Only the mode octet")
            return
        transfer = asyncio.create_task(self._transfer(question, client))
        self._transfers[key] = transfer
        self._of[client[0]] += 1
        transfer.add_done_callback(lambda _done: self._end(key))

    def _end(self, key: tuple[str, int]) -> None:
        self._transfers.pop(key, None)
        self._of[key[0]] -= 1
        if not self._of[key[0]]:
            del self._of[key[0]]

    def _refuse(self, client: tuple[str, int], number: int, text: str) -> None:
        assert self._port is not None
        try:
            self._port.sendto(_error(number, text), client)
        except OSError as exc:
            LOG.debug("No answer to %s: %s", client[0], exc)

    async def _transfer(self, question: Question, client: tuple[str, int]) -> None:
        file = self._find(question.file)
        if file is None:
            self._refuse(client, 1, "File not found")
            self._report(client[0], question.file, "there is no such file")
            return
        try:
            content = await asyncio.to_thread(file.read_bytes)
            own = sockets.udp(
                self._state.name,
                0,
                self._address,
                socket.AF_INET6 if ":" in self._address else socket.AF_INET,
            )
        except (OSError, sockets.CannotListen) as exc:
            self._refuse(client, 0, "The file cannot be read")
            self._report(client[0], question.file, str(exc))
            return
        with own:
            terms = negotiate(question.options, len(content), self._state.mtu)
            try:
                why = await _Sending(own, client, content, terms).run()
            except OSError as exc:
                why = exc.strerror or str(exc)
        if why != _ONLY_ASKED:
            self._report(client[0], question.file, why or None)


_ONLY_ASKED = "the client ended the transfer at its options"
"""UEFI firmware asks for the size of a file first, and then does not fetch it."""


class _Sending:
    """One transfer on a port of its own."""

    def __init__(
        self, own: socket.socket, client: tuple[str, int], content: bytes, terms: Terms
    ) -> None:
        self._own, self._client, self._content, self._terms = own, client, content, terms
        self._loop = asyncio.get_running_loop()
        # The last block is short, and may be empty.
        self._blocks = len(content) // terms.block + 1

    async def run(self) -> str:
        """Send everything; returns why that failed, an empty text if it did not."""
        acknowledged = 0
        if self._terms.answer:
            words = [word for pair in self._terms.answer.items() for word in pair]
            text = "\0".join(words).encode() + b"\0"
            greeting = struct.pack("!H", Code.OPTIONS) + text
            number, why = await self._exchange([greeting], 0, 0)
            if number is None:
                return _ONLY_ASKED if why.startswith("the client") else why
        while acknowledged < self._blocks:
            last = min(acknowledged + self._terms.window, self._blocks)
            window = [self._block(number) for number in range(acknowledged + 1, last + 1)]
            number, why = await self._exchange(window, acknowledged, last)
            if number is None:
                return why
            acknowledged = number
        return ""

    def _block(self, number: int) -> bytes:
        start = (number - 1) * self._terms.block
        part = self._content[start : start + self._terms.block]
        return struct.pack("!HH", Code.DATA, number & 0xFFFF) + part

    async def _exchange(
        self, packets: list[bytes], before: int, last: int
    ) -> tuple[int | None, str]:
        """Send packets until one of the blocks after ``before`` up to ``last`` is acknowledged, and return which.

        An answer to the options acknowledges block 0.
        """
        wait = self._terms.timeout
        for _ in range(_TRIES):
            for packet in packets:
                await self._loop.sock_sendto(self._own, packet, self._client)
            try:
                async with asyncio.timeout(wait):
                    while True:
                        data, source = await self._loop.sock_recvfrom(self._own, 2048)
                        if source[:2] != self._client[:2] or len(data) < 4:
                            continue
                        code, number = struct.unpack_from("!HH", data)
                        if code == Code.ERROR:
                            said = data[4:].split(b"\0")[0].decode("ascii", "replace")
                            return None, f"the client ended the transfer: {said or number}"
                        acknowledged = before + ((number - before) & 0xFFFF)
                        if code == Code.ACKNOWLEDGE and (
                            before < acknowledged <= last or acknowledged == last
                        ):
                            return acknowledged, ""
            except TimeoutError:
                wait *= 2
        return None, "the client does not answer"


def _error(number: int, text: str) -> bytes:
    return struct.pack("!HH", Code.ERROR, number) + text.encode() + b"\0"
