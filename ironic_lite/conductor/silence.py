# SPDX-License-Identifier: Apache-2.0
"""Conductors that have given no sign of work: what is asked of them next need not find that out again.

Until the ring knows that a conductor is dead, every request for one of its nodes would wait for a sign, and hold a
thread of the API meanwhile. So one request at a time tries; the others are told at once to come back.
"""

import threading
import time

from ironic_lite.common import exception

PAUSE = 3.0
"""Seconds between a try that was in vain and the next one."""


class ConductorSilent(exception.ServiceUnavailable):
    """Nothing was sent, so nothing was done."""

    template = (
        "Conductor '%(host)s' gives no sign of work; retry in a moment. Should it be dead, another one takes over its "
        "nodes as soon as its signs of life are missed."
    )
    retry_after = int(PAUSE)


class SilentConductors:
    """Those that a process knows of. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: dict[str, float] = {}

    def check(self, host: str, patience: float) -> None:
        """To be called before a conductor is asked for something.

        :param patience: seconds that this request would wait for a sign of work.
        :raises ConductorSilent: when it was silent of late, and somebody else tries or has just tried.
        """
        if host not in self._next_try:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._next_try.get(host, now):
                raise ConductorSilent(host=host)
            if host in self._next_try:
                self._next_try[host] = now + patience + PAUSE

    def missed(self, host: str) -> None:
        """It gave no sign."""
        with self._lock:
            self._next_try[host] = time.monotonic() + PAUSE

    def heard(self, host: str) -> None:
        """It answered."""
        if host in self._next_try:
            with self._lock:
                self._next_try.pop(host, None)
