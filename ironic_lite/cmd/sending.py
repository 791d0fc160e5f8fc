# SPDX-License-Identifier: Apache-2.0
"""Sends an image to the store, in pieces, and goes on after an interruption."""

import hashlib
import io
import os
import stat
import sys
import time
from pathlib import Path
from typing import IO, Any

from ironic_lite.cmd import decompression, rest
from ironic_lite.cmd.remote_file import RemoteFile
from ironic_lite.common import exception

Row = dict[str, Any]

_FIRST_PIECE = 4 * 1024 * 1024
_LARGEST_PIECE = 64 * 1024 * 1024
_QUICK = 1.0
"""Seconds. A piece that took less makes the next one twice as large: an error that ends the upload is the answer to a
piece, and a client cannot read it before it has sent all of that."""
_ATTEMPTS = 5
"""Attempts in a row that may fail without a byte more on the other side."""
_PAUSE = 1.0
_CHUNK = 1024 * 1024
_AS_THEY_ARE = ("kernel", "ramdisk")
"""Formats that are often compressed, and used so."""
_PENDING = ("queued", "uploading")
_CONFLICT = 409
_BUSY = 503
_REDIRECT = 307


class _File(io.BufferedReader):
    """A file of this machine: its path, or an open file."""

    def __init__(self, path: Path | IO[bytes]):
        super().__init__(io.FileIO(path if isinstance(path, Path) else os.dup(path.fileno())))
        about = os.fstat(self.fileno())
        self.is_regular, self.size = stat.S_ISREG(about.st_mode), about.st_size


Source = _File | RemoteFile


def image(send: rest.Requester, path: Path | str, fields: Row) -> Row:
    """Create an image, or take up the interrupted upload of that name, and send its bytes; returns the record.

    A compressed file is decompressed first. Then ``sha256`` may also be the checksum of the compressed file.

    :param path: of the file; or its http or https URL.
    :param fields: of the new record; those that are None are left out.
    :raises Refused: the API refuses it, or cannot be reached.
    """
    fields = {name: value for name, value in fields.items() if value not in (None, {}, False)}
    with _source(path, fields) as file:
        record, is_new = _record(send, fields)
        try:
            stored = _Upload(send, record, file).run()
        except rest.Unreachable:
            raise
        except rest.Refused:
            if is_new and _get(send, record)["status"] in ("queued", "failed"):
                send("DELETE", f"images/{record['uuid']}")
            raise
        if isinstance(file, _File):
            _compare(stored, file)
        return stored


def size(count: int | None) -> str:
    """Return a number of bytes as a person reads it."""
    if count is None:
        return "?"
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.1f} {unit}" if unit != "B" else f"{count} B"


def _source(path: Path | str, fields: Row) -> Source:
    """Open what the store gets; remove the checksum of a compressed file, which it does not get."""
    file = RemoteFile(path) if isinstance(path, str) else _opened(path)
    try:
        if fields.get("disk_format") in _AS_THEY_ARE or not decompression.is_compressed(file):
            return file
        name = file.shown if isinstance(file, RemoteFile) else str(path)
        content, sha256 = decompression.decompressed(file, name)
    except BaseException:
        file.close()
        raise
    file.close()
    if fields.get("sha256", "").lower() == sha256:
        del fields["sha256"]
    with content:
        return _File(content)


def _opened(path: Path) -> _File:
    try:
        file = _File(path)
    except OSError as exc:
        raise exception.ConfigInvalid(error_msg=f"{path} cannot be read: {exc.strerror}") from None
    if not file.is_regular:
        file.close()
        raise exception.ConfigInvalid(error_msg=f"{path} is not a file.")
    return file


def _record(send: rest.Requester, fields: Row) -> tuple[Row, bool]:
    """Return the record, and whether it is new."""
    answer = send("POST", "images", json=fields)
    if answer.status_code == _CONFLICT:
        present = send("GET", rest.record("images", fields["name"]))
        found: Row = rest.document(present) if present.ok else {"status": None}
        if found["status"] in _PENDING:
            return found, False
    created: Row = rest.document(answer)
    return created, True


def _get(send: rest.Requester, record: Row) -> Row:
    found: Row = rest.document(send("GET", f"images/{record['uuid']}"))
    return found


def _compare(stored: Row, file: _File) -> None:
    file.seek(0)
    computed = hashlib.file_digest(file, "sha256").hexdigest()
    if computed != stored["sha256"]:
        raise rest.Refused(
            reason="the store has other bytes than the file: it has changed meanwhile, or the upload that was taken "
            f"up was that of another file. Remove the image with: ironic-lite image remove {stored['uuid']}"
        )


class _Upload:
    """The bytes of one image, on their way."""

    def __init__(self, send: rest.Requester, record: Row, file: Source):
        self._send, self._record, self._file = send, record, file
        self._total = file.size
        self._root: str | None = None
        self._piece = _FIRST_PIECE
        self._shown = _Progress(record["name"], self._total)

    def run(self) -> Row:
        failures, best = 0, -1
        while True:
            try:
                offset = self._offset()
                if offset > best:
                    failures, best = 0, offset
                return self._go_on(offset)
            except rest.Unreachable:
                failures += 1
                if failures >= _ATTEMPTS:
                    raise
                time.sleep(_PAUSE * failures)

    def _offset(self) -> int:
        answer = self._send("GET", self._path, root=self._root, follow=False)
        if answer.status_code == _REDIRECT:
            self._root = answer.headers["Location"].partition("/v1/")[0]
            answer = self._send("GET", self._path, root=self._root, follow=False)
        progress: Row = rest.document(answer)
        if progress["status"] == "failed" and progress["offset"] == 0 and self._shown.has_begun:
            raise rest.Refused(reason=str(_get(self._send, self._record)["last_error"]))
        return int(progress["offset"])

    def _go_on(self, offset: int) -> Row:
        if offset >= self._total > 0 and (found := _get(self._send, self._record))["status"] == (
            "active"
        ):
            return found
        while True:
            self._file.seek(offset)
            piece = self._file.read(self._piece)
            if not piece:
                raise rest.Refused(
                    reason="the file is empty"
                    if not self._total
                    else "the file has become shorter meanwhile"
                )
            began = time.monotonic()
            answer = self._put(piece, offset)
            offset += len(piece)
            self._shown.show(offset)
            if time.monotonic() - began < _QUICK:
                self._piece = min(2 * self._piece, _LARGEST_PIECE)
            record: Row = rest.document(answer)
            if record["status"] == "active":
                self._shown.end()
                return record

    def _put(self, piece: bytes, offset: int) -> Any:
        place = f"bytes {offset}-{offset + len(piece) - 1}/{self._total}"
        answer = self._send(
            "PUT",
            self._path,
            root=self._root,
            follow=False,
            data=piece,
            headers={"Content-Type": "application/octet-stream", "Content-Range": place},
        )
        if answer.status_code in (_BUSY, _REDIRECT, _CONFLICT):
            # Another request holds the upload still, or it is elsewhere now: ask again where to go on.
            try:
                rest.document(answer)
            except rest.Refused as exc:
                raise rest.Unreachable(reason=exc.message.removeprefix("the API ")) from None
        return answer

    @property
    def _path(self) -> str:
        return f"images/{self._record['uuid']}/upload"


class _Progress:
    """Shows on a terminal how far an upload is."""

    def __init__(self, name: str, total: int):
        self._name, self._total = name, total
        self._began = time.monotonic()
        self._first: int | None = None
        self._is_shown = sys.stderr.isatty()

    @property
    def has_begun(self) -> bool:
        return self._first is not None

    def show(self, done: int) -> None:
        if self._first is None:
            self._first = done
        seconds = time.monotonic() - self._began
        rate = size(int((done - self._first) / seconds)) if seconds else "?"
        if self._is_shown:
            percent = 100 * done // max(self._total, 1)
            text = f"{self._name}: {percent:3}% of {size(self._total)}, {rate}/s"
            print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._is_shown:
            print(file=sys.stderr)
