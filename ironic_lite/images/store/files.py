# SPDX-License-Identifier: Apache-2.0
"""The directory with the bytes of the stored images.

``UUID`` is the file of a complete image, ``UUID.part`` that of one that is still arriving. A part gets its final name
when all its bytes are on the disk, and before the record says that the image is there. Whoever writes a part holds a
lock on it, which ends with the process.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ironic_lite.common import exception
from ironic_lite.conf import CONF

PART = ".part"
_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NoRoom(exception.IronicLiteError):
    """The disk, or the limit of the store, has no room for these bytes."""

    code = 507
    template = "%(reason)s"


class IsWritten(exception.Conflict):
    template = "Another request is sending the bytes of image %(image)s right now; wait until it has ended."


def directory() -> Path:
    """Return the directory of this process; it may not exist yet."""
    return Path(CONF.image_store.directory or f"{CONF.state_path}/images").expanduser()


def path_of(uuid: str) -> Path:
    return directory() / uuid


def part_of(uuid: str) -> Path:
    return directory() / f"{uuid}{PART}"


def received(uuid: str) -> int:
    """Return how many bytes of an image are here, complete or not."""
    for path in (path_of(uuid), part_of(uuid)):
        with contextlib.suppress(FileNotFoundError):
            return path.stat().st_size
    return 0


def open_part(uuid: str) -> BinaryIO:
    """Open the part of an image for reading and writing, create it if it is missing, and lock it.

    :raises IsWritten: somebody else has locked it.
    :raises NoRoom: not even an empty file fits on the disk.
    """
    directory().mkdir(_DIRECTORY_MODE, parents=True, exist_ok=True)
    # A process that ended between the renaming and the change of the record has left a complete file.
    with contextlib.suppress(FileNotFoundError):
        if not part_of(uuid).exists():
            path_of(uuid).rename(part_of(uuid))
    with refusing_full_disk():
        descriptor = os.open(part_of(uuid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its name may have changed between opening and locking.
        if os.fstat(descriptor).st_nlink == 0 or not part_of(uuid).exists():
            raise BlockingIOError
    except BlockingIOError:
        file.close()
        raise IsWritten(image=uuid) from None
    return file


def complete(uuid: str, file: BinaryIO) -> None:
    """Give the locked part of an image its final name, when its bytes are on the disk.

    :raises NoRoom: the disk had no room for some of them.
    """
    with refusing_full_disk():
        os.fsync(file.fileno())
    part_of(uuid).rename(path_of(uuid))
    sync_directory()


def sync_directory() -> None:
    """Wait until new, changed and removed names are on the disk."""
    descriptor = os.open(directory(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(uuid: str) -> None:
    """Remove the bytes of an image, complete or not."""
    for path in (path_of(uuid), part_of(uuid)):
        path.unlink(missing_ok=True)


def remove_part(uuid: str) -> bool:
    """Remove the part of an image, unless somebody is writing it; tell whether it is gone."""
    try:
        with part_of(uuid).open("rb") as part:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part_of(uuid).unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def listed() -> Iterator[tuple[str, bool, os.stat_result]]:
    """Yield ``(UUID, whether it is complete, its stat)`` for each file of an image."""
    with contextlib.suppress(FileNotFoundError):
        for path in directory().iterdir():
            # Another process may just have removed it.
            with contextlib.suppress(FileNotFoundError):
                yield path.name.removesuffix(PART), path.suffix != PART, path.stat()


def check_room(more: int) -> None:
    """Check that further bytes fit.

    :raises NoRoom: they would exceed ``[image_store] max_size``, or leave less than ``min_free`` on the disk.
    """
    options = CONF.image_store
    used = sum(about.st_size for _, _, about in listed())
    if options.max_size and used + more > options.max_size:
        raise NoRoom(
            reason=f"The image store has {used} bytes and may have {options.max_size} ([image_store] max_size); {more} "
            "more do not fit. Remove images that nobody needs."
        )
    about = os.statvfs(directory())
    free = about.f_bavail * about.f_frsize
    if free - more < options.min_free:
        raise NoRoom(
            reason=f"The disk of the image store has {free} bytes left, of which {options.min_free} are kept free "
            f"([image_store] min_free); {more} more do not fit. Remove images that nobody needs, or make room on "
            f"{directory()}."
        )


@contextlib.contextmanager
def refusing_full_disk() -> Iterator[None]:
    """Context manager: raise ``NoRoom`` when the disk is full."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in _NO_ROOM:
            raise
        raise NoRoom(
            reason=f"The disk of the image store is full: {exc.strerror}. Remove images that nobody needs, or make "
            f"room on {directory()}."
        ) from None
