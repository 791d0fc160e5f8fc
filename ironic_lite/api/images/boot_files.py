# SPDX-License-Identifier: Apache-2.0
"""Notes in a node's journal how far the sending of a file has come that its server boots."""

import concurrent.futures
import time

from oslo_log import log

from ironic_lite.common import boot_stages, exception
from ironic_lite.common import context as ironic_context
from ironic_lite.common import journal as terms
from ironic_lite.objects import boot_notes
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_PAUSE = 20.0
"""Seconds between two notes about a file that is being sent."""


class Sending:
    """The sending of one file. Nothing here waits for the database; the notes of a process are written one by one.

    :param notes: an executor with one thread.
    :param node: the node's UUID.
    :param field: the field of its image; those that no server boots are not noted.
    """

    def __init__(self, notes: concurrent.futures.Executor, node: str, field: str):
        self._notes = notes
        self._node = node
        self._subject = boot_stages.SERVED.get(field)
        self._size = self._sent = 0
        self._noted = time.monotonic()

    def begins(self, size: int) -> None:
        """:param size: of what is sent, in bytes."""
        self._size = size
        self._note(terms.SENDING)

    def add(self, count: int) -> None:
        """Count the bytes of a part that was sent."""
        self._sent += count
        if time.monotonic() - self._noted > _PAUSE:
            self._note(terms.SENDING)

    def ends(self, problem: str | None = None) -> None:
        """:param problem: why not all of it was sent; None if it was."""
        if problem is None and self._sent >= self._size:
            self._note(terms.DONE)
        else:
            self._note(terms.FAILED, f"cut off: {problem or 'the server has left'}")

    def _note(self, outcome: str, why: str | None = None) -> None:
        if self._subject is None:
            return
        self._noted = time.monotonic()
        progress = f"{self._sent} of {self._size} bytes"
        self._notes.submit(self._write, outcome, f"{why}, after {progress}" if why else progress)

    def _write(self, outcome: str, detail: str) -> None:
        context = ironic_context.RequestContext(is_public_api=True, overwrite=False)
        try:
            node = Node.get_by_uuid(context, self._node)
        except exception.IronicLiteError as exc:
            LOG.warning("Node %s: its boot cannot be noted: %s", self._node, exc.message)
            return
        boot_notes.note(context, node.id, str(self._subject), outcome, detail)
