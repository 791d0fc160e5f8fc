# SPDX-License-Identifier: Apache-2.0
"""What the boot service saw of a server, and what it decided: for the journal of the server's node.

An event is for a MAC address, because the service knows no more of a server. Events that wait to be handed over are
bounded: the oldest are dropped.
"""

import collections
import dataclasses
import logging
import time
from typing import Any

from ironic_lite.common.boot_stages import BootEvent

LOG = logging.getLogger(__name__)

_MOST_WAITING = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """``time`` is seconds since the epoch. ``detail`` has texts: ``address``, ``boot_file``, ``why`` ..."""

    mac: str
    kind: BootEvent
    time: float
    detail: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the event as it goes over HTTP."""
        return {
            "mac": self.mac,
            "kind": self.kind.value,
            "time": self.time,
            "detail": self.detail,
        }


class Events:
    """Events in the order in which they happened, until somebody takes them."""

    def __init__(self) -> None:
        self._waiting: collections.deque[Event] = collections.deque(maxlen=_MOST_WAITING)

    def tell(self, mac: str, kind: BootEvent, **detail: object) -> None:
        """Add an event that happens now, and log it. Details that are None or empty are left out."""
        said = {name: str(value) for name, value in detail.items() if value not in (None, "")}
        self._waiting.append(Event(mac, kind, time.time(), said))
        LOG.info("%s %s %s", mac, kind, " ".join(f"{name}={text}" for name, text in said.items()))

    def take(self, most: int) -> list[Event]:
        """Return up to ``most`` of the oldest events, and forget them."""
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def put_back(self, events: list[Event]) -> None:
        """Wait again for events that could not be handed over."""
        room = _MOST_WAITING - len(self._waiting)
        self._waiting.extendleft(reversed(events[max(0, len(events) - room) :]))
