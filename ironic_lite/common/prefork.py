# SPDX-License-Identifier: Apache-2.0
"""Several worker processes: forked from this one, replaced when they die, and ended with it.

The parent only waits for signals, without handlers and without threads, so that forking is safe and green threads make
no difference.
"""

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from ironic_lite.common import exception, safe_text, service_manager

LOG = logging.getLogger(__name__)

STOP_TIMEOUT = 12.0
"""Seconds for the processes to end before they are killed."""
SHORT_LIFE = 10.0
"""A process that dies sooner (seconds) is replaced only after a pause, which grows up to this."""

_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_REPORT = signal.SIGUSR2
"""For the workers, which write reports: see ``process.Runner``."""
_AWAITED = (*_END, signal.SIGCHLD, _REPORT)


class Prefork:
    """Keeps a number of worker processes running.

    :param count: number of processes.
    :param work: the work of each process. It gets a file descriptor that becomes readable when the parent has died, and
        returns the exit status. If it raises ``ConfigInvalid``, all processes end.
    """

    def __init__(self, count: int, work: Callable[[int], int]):
        self._count = count
        self._work = work
        self._born: dict[int, float] = {}
        # Nothing is written to this pipe: the kernel closes its second end when the parent, its last holder, dies.
        self._lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Run until a signal comes. A second signal ends everything at once.

        :returns: the exit status.
        """
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
        # Memory pages that the garbage collector does not touch stay shared.
        gc.collect()
        gc.freeze()
        try:
            return self._supervise()
        finally:
            self._kill()
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
            os.close(self._lifeline)
            os.close(self._held)

    def _supervise(self) -> int:
        due, pause = [0.0] * self._count, 1.0
        longest = service_manager.interval() or 3600
        told = service_manager.READY
        while True:
            now = time.monotonic()
            while due and due[0] <= now:
                due.pop(0)
                self._fork()
            service_manager.tell(told)
            told = service_manager.ALIVE
            wait = max(0.0, due[0] - now) if due else longest
            came = signal.sigtimedwait(_AWAITED, min(wait, longest))
            if came is not None and came.si_signo in _END:
                return self._end()
            if came is not None and came.si_signo == _REPORT:
                for pid in self._born:
                    os.kill(pid, _REPORT)
            for pid, status in self._reap():
                if status == os.EX_CONFIG:
                    self._end()
                    return 1
                lived = time.monotonic() - self._born.pop(pid)
                pause = min(2 * pause, SHORT_LIFE) if lived < SHORT_LIFE else 1.0
                LOG.error("Worker %d ended (%s); starting another one", pid, _how_it_ended(status))
                due.append(time.monotonic() + (pause if lived < SHORT_LIFE else 0))

    def _fork(self) -> None:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self._born[pid] = time.monotonic()
            return
        status = 1
        try:
            # Otherwise Ctrl-C would reach all processes, and the parent's signal would be their second one.
            os.setpgid(0, 0)
            os.close(self._held)
            service_manager.forget()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
            status = self._work(self._lifeline)
        except exception.ConfigInvalid as exc:
            print(safe_text.lines(exc.message), file=sys.stderr)
            status = os.EX_CONFIG
        except SystemExit as exc:
            # A signal has interrupted the start.
            status = exc.code if isinstance(exc.code, int) else 1
        except BaseException:
            LOG.exception("Unexpected error in a worker")
        finally:
            logging.shutdown()
            os._exit(status)

    def _reap(self) -> list[tuple[int, int]]:
        """Return the ended processes with their exit statuses; a negative status is the signal that ended it."""
        ended = []
        for pid in list(self._born):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                ended.append((pid, os.waitstatus_to_exitcode(status)))
        return ended

    def _end(self) -> int:
        service_manager.tell(service_manager.STOPPING)
        for pid in self._born:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while True:
            for pid, _status in self._reap():
                del self._born[pid]
            left = deadline - time.monotonic()
            if not self._born or left <= 0:
                return 0
            came = signal.sigtimedwait(_AWAITED, left)
            if came is not None and came.si_signo in _END:
                return 128 + came.si_signo

    def _kill(self) -> None:
        for pid in self._born:
            LOG.warning("Worker %d did not end in time and is killed", pid)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._born.clear()


def _how_it_ended(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
