# SPDX-License-Identifier: Apache-2.0
"""Images on the disk of an API process, by their checksum, so that a source sends each only once.

Only checksums that the source itself has stated count, because a client could state the checksum of an image that it
may not use. A file gets its name when it is complete and its checksum is right.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, BinaryIO

from ironic_lite.api.images import remote
from ironic_lite.api.images.failures import NotThere
from ironic_lite.common.outbound.errors import Broken
from ironic_lite.images.image import Origin

LOG = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds to wait for an image to be complete; after that it is streamed from its source as well."""

_CHUNK = 1024 * 1024
_PART = ".part"
_OLD = 3600.0
"""Seconds after which an unfinished file that does not grow counts as abandoned."""
_MODE = 0o700


class Cache:
    """The images of a directory. Use it in the loop's thread only; several processes may share the directory.

    :param directory: it is created if it is missing.
    :param most: bytes of all images together.
    :param workers: threads that read and write files.
    """

    def __init__(self, directory: Path, most: int, workers: Executor):
        self._directory, self._most, self._workers = directory, most, workers
        self._filling: dict[str, asyncio.Task[None]] = {}

    async def find(self, origin: Origin) -> Path | None:
        """Return the file of an image; None when it is to be streamed from its source.

        An image that is not here is fetched once, however many servers want it, and this waits for it for a while.
        """
        if origin.digest is None or origin.size is None or origin.size > self._most:
            return None
        path = self._directory / origin.digest.replace(":", "-")
        if await self._run(_touch, path):
            return path
        filling = self._filling.get(path.name)
        if filling is None:
            filling = asyncio.get_running_loop().create_task(self._fill(origin, path))
            self._filling[path.name] = filling
            filling.add_done_callback(lambda _: self._filling.pop(path.name, None))
        await asyncio.wait({filling}, timeout=PATIENCE)
        return path if await self._run(_touch, path) else None

    async def _fill(self, origin: Origin, path: Path) -> None:
        """Fetch an image into its file; a failure is logged, and leaves nothing behind."""
        part = path.with_name(f"{path.name}.{os.getpid()}{_PART}")
        try:
            await self._run(_make_room, self._directory, self._most - (origin.size or 0))
            await self._fetch(origin, part, path)
        except (OSError, Broken, NotThere, _WrongContent) as exc:
            LOG.warning("Image %s is not kept: %s", path.name, exc or type(exc).__name__)
        finally:
            await self._run(_remove, part)

    async def _fetch(self, origin: Origin, part: Path, path: Path) -> None:
        algorithm, _, wanted = (origin.digest or "").partition(":")
        digest, left = hashlib.new(algorithm), origin.size or 0
        with await self._run(_create, part) as file:
            async with remote.opened(origin, {}) as source:
                async for chunk in source.chunks(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        break
                    await self._run(_append, file, chunk)
                    await self._run(digest.update, chunk)
        if left or digest.hexdigest() != wanted:
            raise _WrongContent("its content does not have the checksum that its source says")
        await self._run(os.rename, part, path)

    async def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workers, function, *arguments)


class _WrongContent(Exception):
    """The image is not what its source says."""


def _touch(path: Path) -> bool:
    """Note that a file is used now; False when there is none."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def _create(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _append(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _make_room(directory: Path, most: int) -> None:
    """Remove the images that were not used for the longest time, until the others have at most ``most`` bytes."""
    directory.mkdir(_MODE, parents=True, exist_ok=True)
    kept, now = 0, time.time()
    for used, size, path in sorted(_listed(directory), reverse=True):
        if path.suffix == _PART and now - used < _OLD:
            kept += size
        elif path.suffix == _PART or kept + size > most:
            _remove(path)
        else:
            kept += size


def _listed(directory: Path) -> Iterator[tuple[float, int, Path]]:
    for path in directory.iterdir():
        # Another process may have removed the file since it was listed.
        with contextlib.suppress(OSError):
            about = path.stat()
            yield about.st_mtime, about.st_size, path
