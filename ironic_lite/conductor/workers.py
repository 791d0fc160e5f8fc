# SPDX-License-Identifier: Apache-2.0
"""The worker pool of a conductor: bounded, with a share kept for what the API asks.

Work claims its slot before it changes anything, so a full pool refuses a request while the node is still as it was.
"""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

from oslo_log import log

from ironic_lite.common import concurrency, exception

LOG = log.getLogger(__name__)

_in_background: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "in_background", default=False
)


@contextlib.contextmanager
def background() -> Iterator[None]:
    """What is claimed in here was not asked for by a client, and may not use the reserved share."""
    token = _in_background.set(True)
    try:
        yield
    finally:
        _in_background.reset(token)


class Slot:
    """The right to run one piece of work. Used or given back exactly once."""

    def __init__(self, workers: "Workers"):
        self._workers = workers

    def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run the work on the pool; its errors are logged."""
        self._workers._run(work, args, kwargs)

    def give_back(self) -> None:
        """Nothing is to be run after all."""
        self._workers._free()


class Workers:
    """A futurist pool that refuses instead of queueing.

    :param size: most pieces of work at one time.
    :param reserved_percentage: share of them that background work leaves free.
    """

    def __init__(self, size: int, reserved_percentage: int = 0):
        self._size = size
        self._reserved = -(-size * reserved_percentage // 100)
        self._pool = concurrency.executor(size)
        self._changed = threading.Condition()
        self._busy = 0
        self._closed = False

    @property
    def busy(self) -> int:
        """Pieces of work that run, or are about to."""
        return self._busy

    def claim(self) -> Slot:
        """Take a slot.

        :raises NoFreeConductorWorker: when all slots, or all that background work may use, are taken.
        :raises ServiceUnavailable: when the conductor is stopping.
        """
        limit = self._size - self._reserved if _in_background.get() else self._size
        with self._changed:
            if self._closed:
                raise exception.ServiceUnavailable(
                    err="The conductor is stopping; retry in a moment."
                )
            if self._busy >= limit:
                raise exception.NoFreeConductorWorker()
            self._busy += 1
        return Slot(self)

    def spawn(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Claim a slot and run the work; raises as :meth:`claim` does."""
        self.claim().run(work, *args, **kwargs)

    def maintain(self) -> None:
        """Let the pool adjust its number of threads."""
        if hasattr(self._pool, "maintain"):
            self._pool.maintain()

    def close(self) -> None:
        """Refuse new work from now on."""
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
        # The copied context carries which conductor this work belongs to.
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
            LOG.exception("Work on the pool has failed")
        finally:
            self._free()

    def _free(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()
