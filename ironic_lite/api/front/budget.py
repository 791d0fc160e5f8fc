# SPDX-License-Identifier: Apache-2.0
"""The memory budget for large request bodies of the whole process."""

import asyncio
import collections
import contextlib
import ctypes
import gc
import threading
from collections.abc import AsyncIterator

PATIENCE = 30.0
"""Seconds that a large body waits for room."""

_MUCH = 1024 * 1024
_TRIM_DELAY = 0.2
_M_MMAP_THRESHOLD = -3


class NoRoom(Exception):
    """Other bodies used the whole budget for too long."""


class Budget:
    """A budget of bytes for large bodies, given out in the order of requests. Use it in the loop's thread only.

    :param most: budget in bytes. A larger body is read alone.
    """

    def __init__(self, most: int):
        self._most = self._left = most
        self._trim_due = False
        self._queue: collections.deque[tuple[int, asyncio.Future[None]]] = collections.deque()

    @contextlib.asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Context manager: reserve room for a body until the request is answered.

        :raises NoRoom: there was no room within ``PATIENCE``.
        """
        size = min(size, self._most)
        await self._take(size)
        try:
            yield
        finally:
            self._left += size
            self._trim_due |= size >= _MUCH
            self._serve()
            if self._left == self._most and self._trim_due:
                self._trim_due = False
                # Wait until the requests that have just ended have released their bodies.
                asyncio.get_running_loop().call_later(_TRIM_DELAY, self._give_back)

    def _give_back(self) -> None:
        if self._left == self._most:
            # This takes some milliseconds, which must not block the loop.
            threading.Thread(target=_give_memory_back, name="api-trim", daemon=True).start()

    async def _take(self, size: int) -> None:
        if not self._queue and size <= self._left:
            self._left -= size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((size, turn))
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except BaseException as exc:
            if turn.done() and not turn.cancelled():
                self._left += size
            with contextlib.suppress(ValueError):
                self._queue.remove((size, turn))
            self._serve()
            if isinstance(exc, TimeoutError):
                raise NoRoom from None
            raise

    def _serve(self) -> None:
        while self._queue and self._queue[0][0] <= self._left:
            size, turn = self._queue.popleft()
            if not turn.done():
                self._left -= size
                turn.set_result(None)


def keep_large_blocks_apart() -> None:
    """Make the C library allocate large blocks separately, and return each to the system at once.

    By default it raises this threshold after the first large block, for each thread separately.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MUCH)


def _give_memory_back() -> None:
    """Free the reference cycles of failed requests, and return the C library's free memory to the system."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
