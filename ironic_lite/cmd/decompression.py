# SPDX-License-Identifier: Apache-2.0
"""Decompresses files of images: the store keeps images as agents write them."""

import bz2
import contextlib
import errno
import gzip
import hashlib
import lzma
import os
import tempfile
import zlib
from collections.abc import Callable
from typing import IO, Any, Protocol

from ironic_lite.cmd import rest
from ironic_lite.ramdisk.zstd import ZstdError, ZstdFile

ENDINGS = (".gz", ".xz", ".zst", ".bz2")
_CHUNK = 1024 * 1024
_OPENERS: dict[bytes, Callable[[Any], contextlib.AbstractContextManager[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": ZstdFile,
    b"BZh": bz2.open,
}
"""How to open what begins with these bytes."""
_LONGEST = max(map(len, _OPENERS))


class Readable(Protocol):
    """An open file."""

    def seek(self, place: int, /) -> int:
        """Go on reading at another place."""

    def read(self, count: int, /) -> bytes:
        """Return so many bytes; fewer only at the end."""


class _Hashing:
    """Reads a file, and computes its checksum."""

    def __init__(self, file: Readable):
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, count: int = _CHUNK) -> bytes:
        found = self._file.read(count if count >= 0 else _CHUNK)
        self.digest.update(found)
        return found


def is_compressed(file: Readable) -> bool:
    """Tell whether a file is compressed in a way that is known; the file is at its beginning afterwards."""
    return _opener(file) is not None


def decompressed(file: Readable, name: str) -> tuple[IO[bytes], str]:
    """Return a temporary file with the content, and the SHA-256 of the compressed file.

    :param name: of the file, for messages.
    :raises Refused: it is damaged or cut off; or there is no room.
    """
    opener = _opener(file)
    assert opener is not None
    source = _Hashing(file)
    # Its name goes at once, so an interruption leaves nothing behind.
    target = tempfile.TemporaryFile(prefix="ironic-lite-image-")  # noqa: SIM115 - the caller closes it
    try:
        with opener(source) as content:
            while chunk := content.read(_CHUNK):
                target.write(chunk)
        target.flush()
        while source.read():
            pass
    except (EOFError, lzma.LZMAError, zlib.error, ZstdError, gzip.BadGzipFile) as exc:
        target.close()
        raise rest.Refused(
            reason=f"{name} cannot be decompressed: {exc}. Is it damaged, or its download incomplete?"
        ) from exc
    except OSError as exc:
        target.close()
        raise rest.Refused(reason=f"{name} cannot be decompressed: {_advice(exc)}") from exc
    except BaseException:
        target.close()
        raise
    target.seek(0, os.SEEK_SET)
    return target, source.digest.hexdigest()


def _opener(file: Readable) -> Callable[[Any], contextlib.AbstractContextManager[Any]] | None:
    beginning = file.read(_LONGEST)
    file.seek(0)
    return next((how for magic, how in _OPENERS.items() if beginning.startswith(magic)), None)


def _advice(failure: OSError) -> str:
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"there is no room in {tempfile.gettempdir()}. Set TMPDIR to a directory with more."
    return str(failure.strerror or failure)
