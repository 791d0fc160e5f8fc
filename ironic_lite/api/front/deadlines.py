# SPDX-License-Identifier: Apache-2.0
"""Deadlines of a connection; incoming bytes do not extend them."""

import asyncio
from collections.abc import Callable


class Deadline:
    """A deadline for one event.

    :param late: called when the event did not happen in time.
    """

    __slots__ = ("_late", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], object]):
        self._loop, self._late = loop, late
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """Start the deadline, in seconds from now. A running deadline is not changed."""
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._is_over)

    def end(self) -> None:
        """Stop the deadline: the event has happened or is not expected any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_over(self) -> None:
        self._timer = None
        self._late()
