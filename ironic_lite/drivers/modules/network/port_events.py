# SPDX-License-Identifier: Apache-2.0
"""Passes events of Neutron about ports to the threads of this process that wait for one. An event only ends a pause
earlier: the waiting thread then asks Neutron for the port's state."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

Arrived = threading.Event

_waiting: dict[str, list[Arrived]] = {}
_lock = threading.Lock()


@contextmanager
def expected(port_id: str) -> Iterator[Arrived]:
    """Yield an event that is set when Neutron reports something about the port."""
    arrived = Arrived()
    with _lock:
        _waiting.setdefault(port_id, []).append(arrived)
    try:
        yield arrived
    finally:
        with _lock:
            _waiting[port_id].remove(arrived)
            if not _waiting[port_id]:
                del _waiting[port_id]


def report(port_id: str) -> None:
    """Wake the threads that wait for the port."""
    with _lock:
        for arrived in _waiting.get(port_id, ()):
            arrived.set()
