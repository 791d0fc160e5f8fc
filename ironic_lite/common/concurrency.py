# SPDX-License-Identifier: Apache-2.0
"""The one switch between native and green threads.

``IRONIC_LITE_THREADS=green`` in the environment makes the process monkey-patch itself with eventlet; anything
else, or nothing, keeps native threads. It is an environment variable because the choice has to stand before the
first import of a module that holds a lock, which is before any configuration file is read.

This is the only file that knows eventlet. ``setup`` must be called before anything else is imported.
"""

import os
import sys
from typing import Any

SWITCH = "IRONIC_LITE_THREADS"
NATIVE = "native"
GREEN = "green"

_chosen: str | None = None


def setup() -> str:
    """Choose the kind of threads for the life of this process. Idempotent.

    :returns: ``native`` or ``green``.
    :raises SystemExit: when the switch holds something else.
    """
    global _chosen
    if _chosen is not None:
        return _chosen
    wanted = os.environ.get(SWITCH, NATIVE)
    if wanted not in (NATIVE, GREEN):
        sys.exit(f"{SWITCH} is '{wanted}'; it must be '{NATIVE}' or '{GREEN}'.")
    if wanted == GREEN:
        import eventlet

        eventlet.monkey_patch(os=False)
        # PostgreSQL's driver would wait in C, and with it every other green thread.
        os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")
    else:
        # futurist and oslo.utils import eventlet wherever it is installed, which costs 18 MB and 0.15 s.
        sys.modules.setdefault("eventlet", None)  # type: ignore[arg-type]
    # oslo.messaging selects the eventlet backend when it is imported first.
    from oslo_service import backend

    kind = backend.BackendType.EVENTLET if wanted == GREEN else backend.BackendType.THREADING
    backend.init_backend(kind)
    _chosen = wanted
    return wanted


def green() -> bool:
    """Whether this process runs green threads."""
    return setup() == GREEN


def executor(max_workers: int) -> Any:
    """A futurist pool of the chosen kind, which starts small.

    :param max_workers: the most tasks that run at one time.
    """
    is_green = green()
    import futurist

    if is_green:
        return futurist.GreenThreadPoolExecutor(max_workers=max_workers)
    if max_workers == 1:
        # A pool that grows and shrinks cannot be this small.
        return futurist.ThreadPoolExecutor(max_workers=1)
    return futurist.DynamicThreadPoolExecutor(max_workers=max_workers)
