# SPDX-License-Identifier: Apache-2.0
"""Memory for large request bodies, for the whole process."""

import asyncio
import collections
import contextlib
import ctypes
import gc
import threading
from collections.abc import AsyncIterator

PATIENCE = 30.0
"""Seconds that a large body waits for its turn."""

_MUCH = 1024 * 1024
_TRIM_DELAY = 0.2
_M_MMAP_THRESHOLD = -3


class NoRoom(Exception):
    """Others took all there is, for too long."""


class Budget:
    """Bytes of large bodies that are in memory at a time. Who asked first gets first. For the loop's thread only.

    :param most: bytes. A body beyond it is read when there is no other.
    """

    def __init__(self, most: int):
        self._most = self._left = most
        self._trim_due = False
        self._queue: collections.deque[tuple[int, asyncio.Future[None]]] = collections.deque()

    @contextlib.asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Room for a body, until the request is answered.

        :raises NoRoom: within ``PATIENCE``.
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
                # Once the requests that have just ended have let go of their bodies.
                asyncio.get_running_loop().call_later(_TRIM_DELAY, self._give_back)

    def _give_back(self) -> None:
        if self._left == self._most:
            # It takes some milliseconds, which nobody is to wait.
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
    """Have the C library take large blocks from the system and give each back at once.

    By itself it learns from the first of them to keep their like, for each thread on its own.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MUCH)


def _give_memory_back() -> None:
    """Python would keep what a failed request is still known by, and the C library what large bodies needed."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
