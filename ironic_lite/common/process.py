# SPDX-License-Identifier: Apache-2.0
"""Runs services in the foreground of this process until a signal ends it.

oslo.service's launchers either fork (which an all-in-one process must not do) or start services in threads that swallow
a failed start. This runner does neither, and works the same with native and green threads.
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

from ironic_lite.common import guru_meditation, service_manager

LOG = log.getLogger(__name__)

_GC_THRESHOLD = 50_000
"""Number of new objects that triggers the garbage collector; Python's default is 700."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_REPORT = signal.SIGUSR2


class Runner:
    """Starts services in order, waits, and stops them in reverse.

    The first SIGTERM, SIGINT or SIGHUP stops the services gracefully; the second ends the process at once. SIGUSR2
    writes a report: see ``guru_meditation``.

    :param lifeline: a file descriptor; the services also end when it becomes readable.
    """

    def __init__(self, lifeline: int | None = None) -> None:
        self._watched = [] if lifeline is None else [lifeline]
        # A signal handler may run while any lock is held, so it only writes to a pipe that the main thread selects on.
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        self._signals = 0
        self._starting = False
        self._reports = 0
        self._alarm: str | None = None

    def alarm(self, message: str) -> None:
        """Stop everything because of a problem; the exit status is 1. Callable from any thread."""
        self._alarm = message
        self._wake()

    def run(
        self,
        services: Sequence[service.ServiceBase],
        ready: Callable[[], str] | None = None,
    ) -> int:
        """Run the services until a signal or an alarm.

        :param ready: returns a line to print when all have started.
        :returns: the exit status.
        :raises Exception: the error of a service that could not start; those before it are stopped then.
        """
        former = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        former[_REPORT] = signal.signal(_REPORT, self._on_report)
        # Any thread may get the signal; this wakes the main thread in each case.
        former_wakeup = signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        started: list[service.ServiceBase] = []
        try:
            self._starting = True
            for each in services:
                each.start()
                started.append(each)
            self._starting = False
            # Imported objects stay, so the garbage collector need not scan them.
            gc.freeze()
            # A page of a list creates tens of thousands of objects, none of them garbage. Scanning them a dozen times
            # meanwhile would take a tenth of the time.
            gc.set_threshold(_GC_THRESHOLD)
            if ready is not None:
                print(ready(), flush=True)
            service_manager.tell(service_manager.READY)
            self._sleep()
            return self._status()
        finally:
            service_manager.tell(service_manager.STOPPING)
            for each in reversed(started):
                self._stop(each)
            signal.set_wakeup_fd(former_wakeup)
            for number, handler in former.items():
                signal.signal(number, handler)
            os.close(self._wake_r)
            os.close(self._wake_w)

    def _sleep(self) -> None:
        interval = service_manager.interval()
        while not self._signals and self._alarm is None:
            service_manager.tell(service_manager.ALIVE)
            awake, _, _ = select.select([self._wake_r, *self._watched], [], [], interval)
            if not awake:
                continue
            if self._wake_r not in awake:
                return
            # The bytes only wake this thread; the signal handlers run right after the read.
            os.read(self._wake_r, 64)
            if self._reports:
                self._reports = 0
                guru_meditation.write()

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
            # A start may wait long, for example for a broker. Nothing runs yet, so exit at once.
            self._starting = False
            raise SystemExit(128 + number)
        self._wake()

    def _on_report(self, _number: int, _frame: FrameType | None) -> None:
        # This thread writes it when it wakes: a signal handler may run while any lock is held.
        self._reports += 1
        self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._wake_w, b".")
        except (BlockingIOError, OSError):
            # The pipe is full, so the main thread wakes anyway; or it is closed, so nobody sleeps any more.
            return
