# SPDX-License-Identifier: Apache-2.0
"""What the boot service saw of a server, and what it decided: for the journal of the server's node.

An event is for a MAC address, because the service knows no more of a server. Events that wait to be handed over are
bounded: the oldest are dropped.
"""

import collections
import dataclasses
import enum
import logging
import time
from typing import Any

LOG = logging.getLogger(__name__)

_MOST_WAITING = 10_000


class Kind(enum.StrEnum):
    """What happened."""

    OFFERED = "dhcp-offered"
    """The server asked for an address, and got an offer."""
    ACKNOWLEDGED = "dhcp-acknowledged"
    """The server has an address."""
    BOOT_FILE_NAMED = "boot-file-named"
    """Another DHCP server gives the address; this service told what to boot."""
    NOT_ANSWERED = "dhcp-not-answered"
    """The service gave no answer; the detail says why."""
    REFUSED = "dhcp-refused"
    """The service told the client that it cannot have the address that it wants."""
    WENT_ELSEWHERE = "dhcp-went-elsewhere"
    """The server took the offer of another DHCP server."""
    ADDRESS_IN_USE = "address-in-use"
    """The server found its address used by another one."""
    FILE_SENT = "boot-file-sent"
    """The server fetched a boot file to its end."""
    FILE_FAILED = "boot-file-failed"
    """The server did not get a boot file, or not all of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """``time`` is seconds since the epoch. ``detail`` has texts: ``address``, ``boot_file``, ``why`` ..."""

    mac: str
    kind: Kind
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

    def tell(self, mac: str, kind: Kind, **detail: object) -> None:
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
