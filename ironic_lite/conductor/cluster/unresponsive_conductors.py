# SPDX-License-Identifier: Apache-2.0
"""Conductors that did not answer lately, so that not every request has to find that out again.

Until the hash ring knows that a conductor is dead, each request for one of its nodes would wait for an answer and
block a thread of the API. So only one request at a time tries; the others are refused at once with a retry later.
"""

import threading
import time

from ironic_lite.common import exception

PAUSE = 3.0
"""Seconds between a failed attempt and the next one."""


class ConductorUnresponsive(exception.ServiceUnavailable):
    """The conductor did not answer lately. The request was not sent, so nothing was done."""

    template = (
        "Conductor '%(host)s' does not answer; retry in a moment. If it is dead, another conductor takes over its "
        "nodes as soon as its keepalives are missed."
    )
    retry_after = int(PAUSE)


class UnresponsiveConductors:
    """The silent conductors that this process knows of. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: dict[str, float] = {}

    def check(self, host: str, patience: float) -> None:
        """Check a conductor before a request to it.

        :param patience: seconds that the request would wait for the conductor.
        :raises ConductorUnresponsive: when it did not answer lately, and another request tries or has just tried.
        """
        if host not in self._next_try:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._next_try.get(host, now):
                raise ConductorUnresponsive(host=host)
            if host in self._next_try:
                self._next_try[host] = now + patience + PAUSE

    def missed(self, host: str) -> None:
        """Note that the conductor did not answer."""
        with self._lock:
            self._next_try[host] = time.monotonic() + PAUSE

    def heard(self, host: str) -> None:
        """Note that the conductor answered."""
        if host in self._next_try:
            with self._lock:
                self._next_try.pop(host, None)
