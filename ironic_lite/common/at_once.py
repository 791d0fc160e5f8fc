# SPDX-License-Identifier: Apache-2.0
"""A mode in which a thread must not wait, for work that the API's event loop does itself.

Code that may wait for a lock, a server or a conductor calls :func:`leave` first; it raises ``WouldWait`` in this mode,
and the caller gives the work to a thread that may wait.
"""

import contextlib
import threading
from collections.abc import Iterator


class WouldWait(BaseException):
    """The work needs a thread that may wait. Not an ``Exception``, so that handlers of errors let it pass."""


_mode = threading.local()


@contextlib.contextmanager
def only() -> Iterator[None]:
    """Forbid this thread to wait within the block: what would wait raises WouldWait."""
    _mode.on = True
    try:
        yield
    finally:
        _mode.on = False


def is_asked() -> bool:
    """Whether this thread must not wait."""
    return getattr(_mode, "on", False)


@contextlib.contextmanager
def held(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock whose other holders may wait.

    :raises WouldWait: another thread holds it, and this thread must not wait.
    """
    if not lock.acquire(blocking=not is_asked()):
        raise WouldWait
    try:
        yield
    finally:
        lock.release()


def leave() -> None:
    """Call this before waiting.

    :raises WouldWait: this thread must not wait.
    """
    if is_asked():
        raise WouldWait
