# SPDX-License-Identifier: Apache-2.0
"""Limits the memory of all parsed request bodies of this process.

A body takes more memory once it is parsed; how much more depends on its content. Large bodies wait some seconds for
room before they are parsed, and keep it until their request is answered.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

from ironic_lite.common import exception, json_reading

ROOM = "ironic_lite.document_room"
"""Key of a request's share in the WSGI environment."""

TOTAL = 128 * 1024 * 1024
"""Bytes for all bodies. A larger body is parsed alone."""
FREE = 64 * 1024
"""Bytes of a body that needs no room, because all request threads together need little then."""
PATIENCE = 10.0


class NoRoom(exception.ServiceUnavailable):
    """There is no memory for the body; the request was not processed."""

    template = "The service is busy with other large requests; retry in a moment."
    retry_after = 5


class Room:
    """A budget of bytes that threads take and give back.

    :param total: budget in bytes.
    :param patience: seconds to wait for room.
    """

    def __init__(self, total: int = TOTAL, patience: float = PATIENCE):
        self._total = total
        self._patience = patience
        self._taken = 0
        self._changed = threading.Condition()

    def take(self, size: int) -> None:
        """Take bytes; wait until there is room.

        :raises NoRoom: there was no room in time.
        """
        until = time.monotonic() + self._patience
        with self._changed:
            while self._taken and self._taken + size > self._total:
                if not self._changed.wait(until - time.monotonic()):
                    raise NoRoom()
            self._taken += size

    def give_back(self, size: int) -> None:
        """Give bytes back."""
        with self._changed:
            self._taken -= size
            self._changed.notify_all()


class Share:
    """The bytes that one request has taken."""

    def __init__(self, room: Room):
        self._room = room
        self._taken = 0

    def take_for(self, body: bytes, limits: json_reading.Limits) -> None:
        """Take room for a body before it is parsed.

        :raises NoRoom: there was no room in time.
        """
        if len(body) <= FREE:
            return
        size = json_reading.weight(body, limits)
        self._room.take(size)
        self._taken += size

    def give_back(self) -> None:
        """Give the room back at the end of the request."""
        if self._taken:
            self._room.give_back(self._taken)
            self._taken = 0


class DocumentRoom:
    """Gives each request a share, and takes it back at its end."""

    def __init__(self, app: Any):
        self._app = app
        self._room = Room()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        share = environ[ROOM] = Share(self._room)
        try:
            return self._app(environ, start_response)
        finally:
            share.give_back()
