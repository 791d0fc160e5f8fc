# SPDX-License-Identifier: Apache-2.0
"""The worker pool of a conductor: bounded, with a share reserved for requests of the API.

Work claims a slot before it changes anything, so a full pool refuses a request before the node has changed.
"""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

from oslo_log import log

from ironic_lite.common import concurrency, exception, metrics

LOG = log.getLogger(__name__)

_in_background: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "in_background", default=False
)


@contextlib.contextmanager
def background() -> Iterator[None]:
    """Context manager: slots claimed within are not for clients' requests, and must not use the reserved share."""
    token = _in_background.set(True)
    try:
        yield
    finally:
        _in_background.reset(token)


class Slot:
    """The right to run one piece of work. Use it or give it back exactly once."""

    def __init__(self, workers: "Workers"):
        self._workers = workers

    def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run the work on the pool; its errors are logged."""
        self._workers._run(work, args, kwargs)

    def give_back(self) -> None:
        self._workers._free()

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Give the slot back if the code within could not use it."""
        if error is not None:
            self.give_back()


class Workers:
    """A futurist pool that refuses instead of queueing.

    :param size: maximum number of concurrent pieces of work.
    :param reserved_percentage: percentage of them that background work must leave free.
    """

    def __init__(self, size: int, reserved_percentage: int = 0):
        self._size = size
        self._reserved = -(-size * reserved_percentage // 100)
        self._pool = concurrency.executor(size)
        self._changed = threading.Condition()
        self._busy = 0
        self._closed = False
        metrics.WORKERS_MOST.set(size)

    @property
    def size(self) -> int:
        """Return the number of all slots."""
        return self._size

    @property
    def busy(self) -> int:
        """Return the number of claimed slots."""
        return self._busy

    def claim(self) -> Slot:
        """Take a slot.

        :raises NoFreeConductorWorker: when no slot is free, or none that background work may use.
        :raises ServiceUnavailable: when the conductor is stopping.
        """
        limit = self._size - self._reserved if _in_background.get() else self._size
        with self._changed:
            if self._closed:
                raise exception.ServiceUnavailable(
                    err="The conductor is stopping; retry in a moment."
                )
            if self._busy >= limit:
                metrics.WORKERS_REFUSED.inc()
                raise exception.NoFreeConductorWorker()
            self._busy += 1
        metrics.WORKERS_BUSY.inc()
        return Slot(self)

    def spawn(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Claim a slot and run the work; raises the errors of :meth:`claim`."""
        self.claim().run(work, *args, **kwargs)

    def maintain(self) -> None:
        """Let the pool adjust its number of threads."""
        if hasattr(self._pool, "maintain"):
            self._pool.maintain()

    def close(self) -> None:
        """Refuse new work."""
        with self._changed:
            self._closed = True

    def drain(self, timeout: float) -> bool:
        """Wait until no work runs.

        :param timeout: seconds to wait.
        :returns: False when work still runs.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._busy == 0, timeout)

    def shutdown(self) -> None:
        """Stop the pool's idle threads."""
        self.close()
        self._pool.shutdown(wait=False)

    def _run(self, work: Callable[..., Any], args: Any, kwargs: Any) -> None:
        # The copied context holds the identity of the conductor.
        inherited = contextvars.copy_context()
        try:
            self._pool.submit(inherited.run, self._guarded, work, args, kwargs)
        except BaseException:
            self._free()
            raise

    def _guarded(self, work: Callable[..., Any], args: Any, kwargs: Any) -> None:
        try:
            work(*args, **kwargs)
        except Exception:
            LOG.exception("Unexpected error of a task on the worker pool")
        finally:
            self._free()

    def _free(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()
        metrics.WORKERS_BUSY.dec()
