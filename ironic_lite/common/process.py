# SPDX-License-Identifier: Apache-2.0
"""Runs services in the foreground of this process until a signal ends it.

oslo.service's launchers either fork (which an all-in-one process must not) or start services in threads that swallow a
failed start. This runner does neither, and works the same under native and green threads.
"""

import gc
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from oslo_log import log
from oslo_service import service

LOG = log.getLogger(__name__)

_GC_THRESHOLD = 50_000
"""Objects that may come into being before the collector looks at them; Python's own default is 700."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Runner:
    """Starts services in order, waits, and stops them in reverse.

    The first SIGTERM, SIGINT or SIGHUP ends the services in good order; the second ends the process at once.

    :param lifeline: a descriptor; that it can be read from ends the services too.
    """

    def __init__(self, lifeline: int | None = None) -> None:
        self._watched = [] if lifeline is None else [lifeline]
        # A signal handler may interrupt any lock, so it only writes to a pipe that the main thread selects on.
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        self._signals = 0
        self._starting = False
        self._alarm: str | None = None

    def alarm(self, message: str) -> None:
        """Stop everything because of a trouble; the exit status is 1. Callable from any thread."""
        self._alarm = message
        self._wake()

    def run(
        self,
        services: Sequence[service.ServiceBase],
        ready: Callable[[], str] | None = None,
    ) -> int:
        """Run the services until a signal or an alarm.

        :param ready: asked for a line to print once all have started.
        :returns: the exit status.
        :raises Exception: what a service raised that could not start; those before it are stopped then.
        """
        former = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        # The kernel may give a signal to any thread; without this the main thread would sleep on.
        former_wakeup = signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        started: list[service.ServiceBase] = []
        try:
            self._starting = True
            for each in services:
                each.start()
                started.append(each)
            self._starting = False
            # What was imported stays: the collector need not walk half a million objects, not even once.
            gc.freeze()
            # A page of a list is tens of thousands of objects, none of them garbage: looking through them a dozen times
            # while they are made would be a tenth of the work.
            gc.set_threshold(_GC_THRESHOLD)
            if ready is not None:
                print(ready(), flush=True)
            self._sleep()
            return self._status()
        finally:
            for each in reversed(started):
                self._stop(each)
            signal.set_wakeup_fd(former_wakeup)
            for number, handler in former.items():
                signal.signal(number, handler)
            os.close(self._wake_r)
            os.close(self._wake_w)

    def _sleep(self) -> None:
        while not self._signals and self._alarm is None:
            awake, _, _ = select.select([self._wake_r, *self._watched], [], [])
            if self._wake_r not in awake:
                return
            # What is read here is only that something has happened; handlers run right after it.
            os.read(self._wake_r, 64)

    def _status(self) -> int:
        if self._alarm is None:
            return 0
        LOG.critical("%s", self._alarm)
        return 1

    @staticmethod
    def _stop(each: service.ServiceBase) -> None:
        try:
            each.stop()
            each.wait()
        except Exception:
            LOG.exception("%s did not stop cleanly", type(each).__name__)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:
            os.write(sys.stderr.fileno(), b"Stopping at once.\n")
            os._exit(128 + number)
        if self._starting:
            # A start may wait long, for a broker that is away, say; nothing is at work yet that could be spoilt.
            self._starting = False
            raise SystemExit(128 + number)
        self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._wake_w, b".")
        except (BlockingIOError, OSError):
            # The pipe is full: the main thread will wake anyway. Or it is closed: nobody sleeps any more.
            return
