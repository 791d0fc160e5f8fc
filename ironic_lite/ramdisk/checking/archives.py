# SPDX-License-Identifier: Apache-2.0
"""Finds kernel and initramfs: in a directory, in a file, or in a tar archive as upstream publishes them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ironic_lite.ramdisk.checking import initramfs, kernel
from ironic_lite.ramdisk.checking.flows import Ramdisk
from ironic_lite.ramdisk.checking.initramfs import Initramfs
from ironic_lite.ramdisk.checking.kernel import Kernel
from ironic_lite.ramdisk.checking.streams import (
    Budget,
    Damaged,
    Reader,
    Source,
    compression,
    exactly,
    open_part,
    skip,
)
from ironic_lite.ramdisk.failures import RamdiskError

_LARGEST_KERNEL = 256 << 20
_MOST_MEMBERS = 10_000
_BLOCK = 512
_HEAD = 4096
_PIECE = 1 << 20
_SMALLEST = 512
"""Bytes; no kernel and no initramfs with an agent is smaller. Checksums and texts beside them are."""


@dataclass
class Found:
    """What was found, each with the name of its file."""

    kernel: Kernel | None = None
    kernel_name: str | None = None
    initramfs: Initramfs | None = None
    initramfs_name: str | None = None

    @property
    def ramdisk(self) -> Ramdisk:
        """Kernel and initramfs, for questions about them."""
        return Ramdisk(self.kernel, self.initramfs)


def look_into(path: Path, budget: Budget | None = None) -> Found:
    """Read a file, or the files of a directory.

    :raises RamdiskError: if it cannot be read, is damaged, or has neither a kernel nor an initramfs.
    """
    budget = budget or Budget()
    found = Found()
    with _named(str(path), found):
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                with file.open("rb") as opened:
                    _take(Source(opened), file.name, found, budget, file == path)
            elif file == path:
                raise RamdiskError(f"{path} does not exist, or is neither a file nor a directory.")
    return found


def look_into_stream(stream: Reader, name: str, budget: Budget | None = None) -> Found:
    """Read a file that is open already, from its beginning to its end.

    :param name: of the file, for messages.
    :raises RamdiskError: as :func:`look_into`.
    """
    found = Found()
    with _named(name, found):
        _take(Source(stream), name, found, budget or Budget(), strict=True)
    return found


@contextlib.contextmanager
def _named(name: str, found: Found) -> Iterator[None]:
    """Name what is read in errors; in the end something must be found."""
    try:
        yield
    except OSError as exc:
        raise RamdiskError(f"{exc.filename or name}: {exc.strerror}.") from exc
    except Damaged as exc:
        raise Damaged(f"{name} cannot be used. {exc.message}") from exc
    if found.kernel is None and found.initramfs is None:
        raise RamdiskError(f"{name} has neither a kernel nor an initramfs.")


def _take(source: Source, name: str, found: Found, budget: Budget, strict: bool) -> None:
    """Read one file; what it is, its content says. Unless `strict`, a file of another kind is no error."""
    head = source.peek(_HEAD)
    if head.startswith((*initramfs.MAGICS, b"\0\0\0\0")):
        found.initramfs, found.initramfs_name = initramfs.read(source, budget), name
    elif _take_kernel_or_archive(source, name, found, budget):
        return
    elif compression(head):
        part, packed = open_part(source, budget)
        inside = Source(part)
        if not _take_kernel_or_archive(inside, name, found, budget):
            found.initramfs = initramfs.read(source, budget, first=(inside, packed))
            found.initramfs_name = name
    elif strict:
        raise Damaged("It is neither a kernel nor an initramfs nor a tar archive with them.")


def _take_kernel_or_archive(source: Source, name: str, found: Found, budget: Budget) -> bool:
    head = source.peek(_HEAD)
    if kernel.is_kernel(head):
        found.kernel, found.kernel_name = kernel.read(_whole(source)), name
    elif _is_tar(head):
        _take_tar(source, found, budget)
    else:
        return False
    return True


def _whole(source: Source) -> bytes:
    pieces, size = [], 0
    while data := source.read(_PIECE):
        pieces.append(data)
        size += len(data)
        if size > _LARGEST_KERNEL:
            raise Damaged("Its kernel is larger than all kernels.")
    return b"".join(pieces)


def _take_tar(archive: Reader, found: Found, budget: Budget) -> None:
    """Read kernel and initramfs from a tar archive; its other members are skipped."""
    for name, size in _members(archive):
        member = _Member(archive, size)
        if size >= _SMALLEST:
            _take(Source(member), name, found, budget, strict=False)
        member.skip_rest()


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _members(part: Reader) -> Iterator[tuple[str, int]]:
    """Yield name and size of each regular file; the caller reads exactly its content."""
    for _ in range(_MOST_MEMBERS):
        block = part.read(_BLOCK)
        block += exactly(part, _BLOCK - len(block)) if block else b""
        if not block.strip(b"\0"):
            return
        if not _is_tar(block):
            raise Damaged("The tar archive is damaged.")
        try:
            size = int(block[124:136].strip(b"\0 ") or b"0", 8)
        except ValueError:
            raise Damaged("The tar archive is damaged: a size is no number.") from None
        if block[156:157] in (b"0", b"\0"):
            yield block[:100].rstrip(b"\0").decode(errors="backslashreplace"), size
        else:
            skip(part, size)
        skip(part, -size % _BLOCK)
    raise Damaged("The tar archive has more members than those with ramdisks.")


class _Member:
    """The content of one member of a tar archive."""

    def __init__(self, part: Reader, size: int) -> None:
        self._part = part
        self._left = size

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end. Raises Damaged if the archive ends before."""
        if not self._left:
            return b""
        data = self._part.read(min(size, self._left))
        if not data:
            raise Damaged("The tar archive ends in the middle of a file; is the download complete?")
        self._left -= len(data)
        return data

    def skip_rest(self) -> None:
        """Read and forget what is left."""
        skip(self._part, self._left)
        self._left = 0
