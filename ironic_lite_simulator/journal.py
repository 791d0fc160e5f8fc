# SPDX-License-Identifier: Apache-2.0
"""The rack's journal: who did what to which server, in order.

Tests read it to prove what no status can show, for example that two conductors never wrote to
one BMC at the same time. Secrets (passwords, tokens, config drives) are never recorded.
"""

import collections
import dataclasses
import threading
import time
from typing import Any

CAPACITY = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``seq`` orders all events of the rack; ``time`` is seconds since the epoch."""

    seq: int
    time: float
    server: str
    source: str
    action: str
    details: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as it goes over HTTP."""
        return dataclasses.asdict(self)


class Journal:
    """An append-only, bounded list of entries; safe to read from other threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: collections.deque[Entry] = collections.deque(maxlen=capacity)
        self._lock = threading.Lock()
        self._seq = 0

    def record(self, server: str, source: str, action: str, /, **details: Any) -> None:
        """Append one event; ``source`` is ``bmc``, ``machine``, ``agent`` or ``rack``."""
        with self._lock:
            self._seq += 1
            self._entries.append(Entry(self._seq, time.time(), server, source, action, details))

    def since(self, seq: int = 0, server: str | None = None) -> list[Entry]:
        """Return the entries after ``seq``, oldest first, of one server or of all."""
        with self._lock:
            entries = list(self._entries)
        return [e for e in entries if e.seq > seq and server in (None, e.server)]
