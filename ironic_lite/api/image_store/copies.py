# SPDX-License-Identifier: Apache-2.0
"""Opens the stored images of this machine.

A file is not trusted for its name: its checksum is computed when this process opens it for the first time, and whenever
its size or its time of change is another one since.
"""

import hashlib
import logging
import os
import threading
from typing import BinaryIO

from ironic_lite.images.store import files

LOG = logging.getLogger(__name__)

_CHUNK = 1024 * 1024

Mark = tuple[int, int, int]
_trusted: dict[str, Mark] = {}
_checking: dict[str, threading.Lock] = {}
_lock = threading.Lock()


class Damaged(Exception):
    """The file has other bytes than the image."""


def trust(uuid: str, file: BinaryIO) -> None:
    """Note that the checksum of this file was computed just now."""
    _trusted[uuid] = mark(file)


def opened(uuid: str, digest: str) -> BinaryIO | None:
    """Open the file of an image; the caller closes it. It may take as long as reading all of it.

    :param digest: ``algorithm:value`` of the record.
    :returns: None when this machine does not have the image.
    :raises Damaged: its bytes do not have the checksum.
    """
    try:
        file = files.path_of(uuid).open("rb")
    except FileNotFoundError:
        return None
    try:
        _check(uuid, file, digest)
    except BaseException:
        file.close()
        raise
    return file


def _check(uuid: str, file: BinaryIO, digest: str) -> None:
    with _lock:
        checking = _checking.setdefault(uuid, threading.Lock())
    with checking:
        present = mark(file)
        if _trusted.get(uuid) == present:
            return
        algorithm, _, wanted = digest.partition(":")
        computed = hashlib.new(algorithm)
        place = 0
        while chunk := os.pread(file.fileno(), _CHUNK, place):
            computed.update(chunk)
            place += len(chunk)
        if computed.hexdigest() != wanted or mark(file) != present:
            LOG.error(
                "The file %s does not have the checksum of its image: somebody has changed it, or the disk is damaged. "
                "It is not sent to any server; remove the image, and add it again",
                files.path_of(uuid),
            )
            raise Damaged(uuid)
        _trusted[uuid] = present


def mark(file: BinaryIO) -> Mark:
    """Return what changes when somebody writes the file."""
    about = os.fstat(file.fileno())
    return about.st_ino, about.st_size, about.st_mtime_ns
