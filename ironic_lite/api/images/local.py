# SPDX-License-Identifier: Apache-2.0
"""Files of this machine, and parts of them."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Executor
from email.utils import formatdate
from typing import BinaryIO

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class LocalFile:
    """An open file, or the part of it that a request wants.

    :param file: the caller closes it.
    :ivar status: 200, 206 or 416.
    :ivar headers: of the answer.
    :ivar size: bytes that are to be sent.
    """

    def __init__(self, file: BinaryIO, wanted: Mapping[str, str], readers: Executor):
        self._file = file
        self._readers = readers
        about = os.fstat(self._file.fileno())
        whole = about.st_size
        tag = f'"{about.st_mtime_ns:x}-{whole:x}"'
        self.headers = {"etag": tag, "last-modified": formatdate(about.st_mtime, usegmt=True)}
        self.status, self._start, self.size = 200, 0, whole
        asked = wanted.get("range")
        if asked is not None and wanted.get("if-range", tag) in (
            tag,
            self.headers["last-modified"],
        ):
            self._take_part(asked, whole)

    def _take_part(self, asked: str, whole: int) -> None:
        found = _RANGE.fullmatch(asked)
        if found is None or not (found[1] or found[2]):
            # Several parts, or another unit: the whole file is a right answer too.
            return
        if found[1]:
            start, end = int(found[1]), min(int(found[2] or whole - 1), whole - 1)
            if found[2] and int(found[2]) < start:
                return
        else:
            start, end = max(0, whole - int(found[2])), whole - 1
        if start >= whole or end < start:
            self.status, self.size = 416, 0
            self.headers["content-range"] = f"bytes */{whole}"
            return
        self.status, self._start, self.size = 206, start, end - start + 1
        self.headers["content-range"] = f"bytes {start}-{end}/{whole}"

    async def chunks(self, most: int) -> AsyncIterator[bytes]:
        """Yield the part, in pieces of up to ``most`` bytes; ends early if the file has become shorter."""
        loop, place, left = asyncio.get_running_loop(), self._start, self.size
        while left:
            chunk = await loop.run_in_executor(
                self._readers, os.pread, self._file.fileno(), min(most, left), place
            )
            if not chunk:
                return
            yield chunk
            place += len(chunk)
            left -= len(chunk)
