# SPDX-License-Identifier: Apache-2.0
"""How much memory the parsed bodies of all requests of this process may take together.

A body costs more once it is parsed, by how much depends on what is in it. Large ones wait for room before they are
parsed, for some seconds, and keep it until their request is answered.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

from ironic_lite.common import exception, json_reading

ROOM = "ironic_lite.document_room"
"""Where a request's share of the room stands in the WSGI environment."""

TOTAL = 128 * 1024 * 1024
"""Bytes for all. A document that needs more than that is parsed while there is no other large one."""
FREE = 64 * 1024
"""Bytes of a body that needs no room: all request threads together are not much then."""
PATIENCE = 10.0


class NoRoom(exception.ServiceUnavailable):
    """Nothing was done."""

    template = "Other large requests are being served; retry in a moment."
    retry_after = 5


class Room:
    """So many bytes, to be taken and given back by threads.

    :param total: bytes.
    :param patience: seconds to wait for some.
    """

    def __init__(self, total: int = TOTAL, patience: float = PATIENCE):
        self._total = total
        self._patience = patience
        self._taken = 0
        self._changed = threading.Condition()

    def take(self, size: int) -> None:
        """Wait until there is room.

        :raises NoRoom: there was none in time.
        """
        until = time.monotonic() + self._patience
        with self._changed:
            while self._taken and self._taken + size > self._total:
                if not self._changed.wait(until - time.monotonic()):
                    raise NoRoom()
            self._taken += size

    def give_back(self, size: int) -> None:
        """What was taken."""
        with self._changed:
            self._taken -= size
            self._changed.notify_all()


class Share:
    """What one request has taken."""

    def __init__(self, room: Room):
        self._room = room
        self._taken = 0

    def take_for(self, body: bytes, limits: json_reading.Limits) -> None:
        """Make room for a body before it is parsed.

        :raises NoRoom: there was none in time.
        """
        if len(body) <= FREE:
            return
        size = json_reading.weight(body, limits)
        self._room.take(size)
        self._taken += size

    def give_back(self) -> None:
        """At the request's end."""
        if self._taken:
            self._room.give_back(self._taken)
            self._taken = 0


class DocumentRoom:
    """Hands each request its share, and sees to it that it is given back."""

    def __init__(self, app: Any):
        self._app = app
        self._room = Room()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        share = environ[ROOM] = Share(self._room)
        try:
            return self._app(environ, start_response)
        finally:
            share.give_back()
