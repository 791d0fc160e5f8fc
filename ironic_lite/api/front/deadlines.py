# SPDX-License-Identifier: Apache-2.0
"""Deadlines of a connection, which bytes that come in between do not move."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Something has to happen in time.

    :param late: called when it has not.
    """

    __slots__ = ("_late", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], object]):
        self._loop, self._late = loop, late
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """Expect it within so many seconds. A deadline that is running stays as it is."""
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._is_over)

    def end(self) -> None:
        """It has happened, or is not expected any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_over(self) -> None:
        self._timer = None
        self._late()
