# SPDX-License-Identifier: Apache-2.0
"""The time in which the cluster can work."""

import contextlib
import time
from collections.abc import Iterator

# Seconds after which a request that got no clear answer, and has moved nothing, counts as not accepted.
DOUBT = 20.0


class Clock:
    """Stands still while the cluster cannot work, or does not answer.

    ``now`` is in seconds. ``draining``: nothing new is to begin.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.draining = False
        self._outages = 0
        self._last = time.monotonic()

    def tick(self, answered: bool) -> None:
        """A look at the cluster is over."""
        real = time.monotonic()
        if answered and not self._outages:
            self.now += real - self._last
        self._last = real

    def is_past_doubt(self, accepted_at: float) -> bool:
        """Whether what the answer at this time (monotonic) left open would have shown by now."""
        return not self._outages and time.monotonic() - accepted_at > DOUBT

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """The cluster cannot work in here: waiting in vain counts for nothing."""
        self._outages += 1
        try:
            yield
        finally:
            self._outages -= 1
