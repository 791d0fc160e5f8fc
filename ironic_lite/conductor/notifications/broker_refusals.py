# SPDX-License-Identifier: Apache-2.0
"""Messages that the broker refused: when to try their lane again, and when the message itself is the cause."""

import collections
import dataclasses
import time

from ironic_lite.objects.notification import Row

ENOUGH = 5
"""Refusals in a row, with other messages of the level accepted in between, after which a message is dropped."""
SHORTEST_REST = 0.5
LONGEST_REST = 10.0

_OLD = 120.0
"""Seconds after which a refusal is forgotten, because another conductor must have sent the message."""


@dataclasses.dataclass
class _Refusal:
    row: int
    count: int = 0
    taken: int = -1
    """Number of accepted messages of its level at the last counted refusal."""
    rest: float = SHORTEST_REST
    until: float = 0.0


class Refusals:
    """The refusals of one sender. Each lane has at most one, for its oldest message."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Refusal] = {}
        # Each level has its own queue: if one is full or forbidden, that is an outage, not a bad message.
        self._taken: collections.Counter[str] = collections.Counter()

    def resting(self) -> set[str]:
        """Return the lanes that must not be tried now."""
        now = time.monotonic()
        return {lane for lane, refusal in self._lanes.items() if refusal.until > now}

    def any(self) -> bool:
        """Tell whether the broker has refused the oldest message of any lane."""
        return bool(self._lanes)

    def taken(self, lane: str, row: Row) -> None:
        """Note that the broker has accepted a message."""
        self._taken[_level(row)] += 1
        old = time.monotonic() - _OLD
        self._lanes = {
            name: refusal
            for name, refusal in self._lanes.items()
            if name != lane and refusal.until > old
        }

    def refused(self, lane: str, row: Row) -> bool:
        """Note a refusal. Return True when the message is to be dropped, because others of its level were accepted."""
        refusal = self._lanes.get(lane)
        if refusal is None or refusal.row != row["id"]:
            refusal = self._lanes[lane] = _Refusal(row["id"])
        else:
            refusal.rest = min(2 * refusal.rest, LONGEST_REST)
        refusal.until = time.monotonic() + refusal.rest
        # While the broker accepts nothing, refusals say nothing about the message.
        if self._taken[_level(row)] > refusal.taken:
            refusal.taken = self._taken[_level(row)]
            refusal.count += 1
        if refusal.count < ENOUGH:
            return False
        del self._lanes[lane]
        return True


def _level(row: Row) -> str:
    return str(row["message"]["message"]["priority"])
