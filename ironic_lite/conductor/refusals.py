# SPDX-License-Identifier: Apache-2.0
"""What the broker did not take: when its lane is tried again, and when it is clear that the message is the cause."""

import collections
import dataclasses
import time

from ironic_lite.objects.notification import Row

ENOUGH = 5
"""So often in a row a message is refused, and others of its level are taken in between, until it is given up."""
SHORTEST_REST = 0.5
LONGEST_REST = 10.0

_OLD = 120.0
"""Seconds after which a refusal that did not come again is over: another conductor has sent the message."""


@dataclasses.dataclass
class _Refusal:
    row: int
    count: int = 0
    taken: int = -1
    """How many of its level had been taken when it was counted last."""
    rest: float = SHORTEST_REST
    until: float = 0.0


class Refusals:
    """Of one sender. A lane has one at most: that of its oldest message."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Refusal] = {}
        # Levels have queues of their own: that one of them is full or forbidden is an outage, not a bad message.
        self._taken: collections.Counter[str] = collections.Counter()

    def resting(self) -> set[str]:
        """The lanes that are not to be tried now."""
        now = time.monotonic()
        return {lane for lane, refusal in self._lanes.items() if refusal.until > now}

    def any(self) -> bool:
        """Does a lane wait for the broker to take its oldest message?"""
        return bool(self._lanes)

    def taken(self, lane: str, row: Row) -> None:
        """The broker has this one."""
        self._taken[_level(row)] += 1
        old = time.monotonic() - _OLD
        self._lanes = {
            name: refusal
            for name, refusal in self._lanes.items()
            if name != lane and refusal.until > old
        }

    def refused(self, lane: str, row: Row) -> bool:
        """It has not; True: give the message up, others of its level were taken all the while."""
        refusal = self._lanes.get(lane)
        if refusal is None or refusal.row != row["id"]:
            refusal = self._lanes[lane] = _Refusal(row["id"])
        else:
            refusal.rest = min(2 * refusal.rest, LONGEST_REST)
        refusal.until = time.monotonic() + refusal.rest
        # While the broker takes nothing, tries say nothing about the message.
        if self._taken[_level(row)] > refusal.taken:
            refusal.taken = self._taken[_level(row)]
            refusal.count += 1
        if refusal.count < ENOUGH:
            return False
        del self._lanes[lane]
        return True


def _level(row: Row) -> str:
    return str(row["message"]["message"]["priority"])
