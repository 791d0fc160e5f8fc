# SPDX-License-Identifier: Apache-2.0
"""Which conductor the running code belongs to.

A process normally has one conductor. Tests run several in one process, so each thread knows which one it works for:
RPC methods, the worker pool and the periodic tasks activate their conductor's identity.
"""

import contextlib
import contextvars
import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ironic_lite.conductor.cluster.ring import HashRingManager
from ironic_lite.conductor.cluster.workers import Workers
from ironic_lite.drivers.factory import DriverFactory


@dataclasses.dataclass(eq=False)
class Identity:
    """One run of one conductor.

    :param host: its name, which its locks have as holder.
    :param group: its conductor group.
    :param incarnation: tells this run from an earlier one of the same name.
    :param workers: its worker pool.
    :param drivers: its hardware types and interfaces.
    :param ring: the hash ring: which conductor owns which node.
    :param record_id: id of its record, set when it is registered.
    :param locks: tokens of the locks that its tasks hold or are about to take.
    :param tell_nova: function that sends the power state of an instance (UUID) to Nova; None when disabled.
    :param watched: queue of nodes whose agents are to be polled: see ``periodics.agents``.
    :param consoles: the serial consoles that it keeps, a ``consoles.engine.Consoles``; None: it keeps none.
    :param stopping: set when the conductor stops and hands its operations over.
    """

    host: str
    group: str
    incarnation: str
    workers: Workers
    drivers: DriverFactory
    ring: HashRingManager
    tell_nova: Callable[[str, str], None] | None = None
    record_id: int | None = None
    consoles: Any = None
    locks: set[str] = dataclasses.field(default_factory=set)
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)
    watched: "queue.SimpleQueue[tuple[str, bool]]" = dataclasses.field(
        default_factory=queue.SimpleQueue
    )

    def watch(self, node_uuid: str, suspected: bool = False) -> None:
        """Poll the agent of a waiting node until the wait has ended.

        :param suspected: another agent has started on the server.
        """
        self.watched.put((node_uuid, suspected))

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Context manager: code within works for this conductor."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: contextvars.ContextVar[Identity] = contextvars.ContextVar("conductor")


def current() -> Identity:
    """Return the conductor that the caller works for.

    :raises LookupError: when the caller works for none.
    """
    return _current.get()
