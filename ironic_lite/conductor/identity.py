# SPDX-License-Identifier: Apache-2.0
"""Which conductor the running code belongs to.

A process normally holds one. Tests run several in one process, so what a thread works for is carried along with it:
the RPC surface, the worker pool and the periodic tasks enter their conductor's identity.
"""

import contextlib
import contextvars
import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator

from ironic_lite.conductor.ring import HashRingManager
from ironic_lite.conductor.workers import Workers
from ironic_lite.drivers.factory import DriverFactory


@dataclasses.dataclass(eq=False)
class Identity:
    """One life of one conductor.

    :param host: its name, which its locks carry.
    :param group: its conductor group.
    :param incarnation: tells this life from an earlier one of the same name.
    :param workers: where its long work runs.
    :param drivers: what it may drive hardware with.
    :param ring: which node belongs to which conductor.
    :param record_id: id of its record, once it is registered.
    :param locks: tokens of the locks that its tasks hold, or are about to take.
    :param tell_nova: tells Nova of an instance's (UUID) power state; None where Nova is told nothing.
    :param watched: nodes whose agents are to be asked: see ``periodics.agents``.
    :param stopping: set when it is asked to stop, and hands its work over.
    """

    host: str
    group: str
    incarnation: str
    workers: Workers
    drivers: DriverFactory
    ring: HashRingManager
    tell_nova: Callable[[str, str], None] | None = None
    record_id: int | None = None
    locks: set[str] = dataclasses.field(default_factory=set)
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)
    watched: "queue.SimpleQueue[tuple[str, bool]]" = dataclasses.field(
        default_factory=queue.SimpleQueue
    )

    def watch(self, node_uuid: str, suspected: bool = False) -> None:
        """Have the agent of a waiting node asked by this conductor, until the wait has ended.

        :param suspected: another agent has started on the server.
        """
        self.watched.put((node_uuid, suspected))

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Code in here works for this conductor."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: contextvars.ContextVar[Identity] = contextvars.ContextVar("conductor")


def current() -> Identity:
    """The conductor that the caller works for.

    :raises LookupError: outside of any.
    """
    return _current.get()
