# SPDX-License-Identifier: Apache-2.0
"""The one switch between native and green threads.

``IRONIC_LITE_THREADS=green`` in the environment makes the process monkey-patch itself with eventlet; any other value,
or none, keeps native threads. It is an environment variable because the choice must be made before the first import of
a module that holds a lock, and so before any configuration file is read.

This is the only file that uses eventlet. ``setup`` must be called before anything else is imported.
"""

import os
import sys
from typing import Any

SWITCH = "IRONIC_LITE_THREADS"
NATIVE = "native"
GREEN = "green"

_chosen: str | None = None


def setup() -> str:
    """Choose the kind of threads of this process. Idempotent.

    :returns: ``native`` or ``green``.
    :raises SystemExit: when the environment variable has another value.
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
        # PostgreSQL's driver would block all green threads while it waits in C.
        os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")
    else:
        # futurist and oslo.utils import eventlet if it is installed, which costs 18 MB and 0.15 s.
        sys.modules.setdefault("eventlet", None)  # type: ignore[arg-type]
    # oslo.messaging selects the eventlet backend when it is imported first.
    from oslo_service import backend

    kind = backend.BackendType.EVENTLET if wanted == GREEN else backend.BackendType.THREADING
    backend.init_backend(kind)
    _chosen = wanted
    return wanted


def green() -> bool:
    """Tell whether this process runs green threads."""
    return setup() == GREEN


def executor(max_workers: int) -> Any:
    """Return a futurist pool of the chosen kind, which starts small.

    :param max_workers: maximum number of concurrent tasks.
    """
    is_green = green()
    import futurist

    if is_green:
        return futurist.GreenThreadPoolExecutor(max_workers=max_workers)
    if max_workers == 1:
        # A dynamic pool cannot be this small.
        return futurist.ThreadPoolExecutor(max_workers=1)
    return futurist.DynamicThreadPoolExecutor(max_workers=max_workers)
