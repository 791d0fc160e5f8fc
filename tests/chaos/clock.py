# SPDX-License-Identifier: Apache-2.0
"""A clock that counts the time in which the cluster can work."""

import contextlib
import time
from collections.abc import Iterator

# Seconds after which a request that got no clear answer, and has moved nothing, counts as not accepted.
DOUBT = 20.0


class Clock:
    """A clock that stops while the cluster cannot work, or does not answer.

    ``now`` is in seconds. ``draining``: the load begins no more operations.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.draining = False
        self._outages = 0
        self._last = time.monotonic()

    def tick(self, answered: bool) -> None:
        """Advance the clock after each poll of the cluster, unless it was not answered or there is an outage."""
        real = time.monotonic()
        if answered and not self._outages:
            self.now += real - self._last
        self._last = real

    def is_past_doubt(self, accepted_at: float) -> bool:
        """Whether a request without a clear answer at this time (monotonic) would have had an effect by now."""
        return not self._outages and time.monotonic() - accepted_at > DOUBT

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Stop the clock meanwhile, because the cluster cannot work."""
        self._outages += 1
        try:
            yield
        finally:
            self._outages -= 1
