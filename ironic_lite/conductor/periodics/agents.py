# SPDX-License-Identifier: Apache-2.0
"""Asking the agents of waiting nodes, so that the end of a command is noticed when it comes.

An agent calls some seconds after a command has ended, and a call gets lost with the conductor that hears it. So each
agent that a node waits for is asked from time to time: soon after its command began, and ever more seldom while it
runs. What is asked in total is bounded. An agent that does not answer proves nothing: its server's power is looked at,
and if another agent has started there in its place, or power is off, the operation goes on without it.
"""

import dataclasses
import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import concurrency, exception, states
from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import flows, identity, lost_agents, task_manager, workers
from ironic_lite.conductor.identity import Identity
from ironic_lite.conductor.periodics import lost_power, owned
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_AT_A_TIME = 8
"""Agents asked at one time."""

_SHARE = 30
"""A command that has run for so many seconds is asked about one second later than at its start."""

_LONGEST = 2.0
_LONGEST_OF_LONG = 10.0
"""Seconds between two questions about a command at most; the second is for commands that run for hours."""

_LONG_STEPS = ("erase_devices", "burnin")
_LONG_AFTER = 600.0
"""Seconds after which any command is one that runs for hours."""

_SILENCE_PAUSE = 2.0
_LONGEST_SILENCE_PAUSE = 30.0
"""Seconds between two questions to an agent that does not answer."""

_GONE_AFTER = 3
"""Questions without an answer that prove an agent gone once another one has started on its server."""

_POWER_EVERY = 5
"""The server's power is looked at after the first question without an answer, and after each so many."""


@dataclasses.dataclass
class _Waiting:
    """A node whose agent is asked.

    :ivar since: when that began, on ``time.monotonic``.
    :ivar silences: questions in a row without an answer.
    :ivar suspected: another agent has started on the server.
    """

    uuid: str
    since: float
    silences: int = 0
    suspected: bool = False
    due: int = 0


class Agents:
    """Asks in a thread of its own, and a few more.

    :param owner: the conductor that is worked for.
    :param stop: set when the conductor stops.
    """

    def __init__(self, owner: Identity, stop: threading.Event):
        self._identity = owner
        self._stop = stop
        self._waiting: dict[str, _Waiting] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._free = threading.Semaphore(_AT_A_TIME)
        self._pool = concurrency.executor(_AT_A_TIME)
        self._power_free = threading.Semaphore(1)
        self._power_pool = concurrency.executor(1)

    def run(self) -> None:
        """Ask until the conductor stops."""
        while not self._stop.is_set():
            self._take_in()
            uuid = self._next_due()
            if uuid is None:
                continue
            self._free.acquire()
            self._pool.submit(self._as_us, self._ask, uuid).add_done_callback(
                lambda _: self._free.release()
            )
            self._stop.wait(1 / CONF.agent.command_checks_per_second)
        for pool in (self._pool, self._power_pool):
            pool.shutdown(wait=False)

    # -- whom to ask, and when -----------------------------------------------------------------------------------

    def _take_in(self) -> None:
        """Take up who is to be watched, waiting for that for as long as nobody is due."""
        patience = self._until_due()
        while True:
            try:
                uuid, suspected = self._identity.watched.get(timeout=patience)
            except queue.Empty:
                return
            patience = 0.001
            with self._lock:
                entry = self._waiting.get(uuid)
                if entry is None:
                    entry = self._waiting[uuid] = _Waiting(uuid, time.monotonic())
                    self._ask_in(entry, _first_pause())
                if suspected:
                    entry.suspected = True
                    self._ask_in(entry, 0)

    def _until_due(self) -> float:
        with self._lock:
            if not self._heap:
                return 1.0
            return min(max(self._heap[0][0] - time.monotonic(), 0.001), 1.0)

    def _next_due(self) -> str | None:
        with self._lock:
            while self._heap and self._heap[0][0] <= time.monotonic():
                _, number, uuid = heapq.heappop(self._heap)
                entry = self._waiting.get(uuid)
                if entry is not None and entry.due == number:
                    return uuid
        return None

    def _ask_in(self, entry: _Waiting, seconds: float) -> None:
        """Only the last of several dates of a node counts. Called under the lock."""
        entry.due = next(self._count) + 1
        heapq.heappush(self._heap, (time.monotonic() + seconds, entry.due, entry.uuid))

    # -- asking --------------------------------------------------------------------------------------------------

    def _as_us(self, function: Callable[[str], Any], uuid: str) -> None:
        try:
            with self._identity.active(), workers.background():
                function(uuid)
        except Exception:
            # The next look for waiting nodes brings it back.
            LOG.exception("Node %s: asking its agent has failed", uuid)
            self._drop(uuid)

    def _ask(self, uuid: str) -> None:
        entry = self._waiting.get(uuid)
        if entry is None:
            return
        context = ironic_context.admin_context()
        try:
            with task_manager.acquire(
                context, uuid, shared=True, purpose="asking its agent"
            ) as task:
                pause = self._look(task, entry)
        except (exception.NodeLocked, exception.NodeNotFound, exception.DatabaseUnavailable):
            pause = None
        except exception.TemporaryFailure:
            pause = _SILENCE_PAUSE
        if pause is None:
            self._drop(uuid)
        else:
            with self._lock:
                self._ask_in(entry, pause)

    def _drop(self, uuid: str) -> None:
        with self._lock:
            self._waiting.pop(uuid, None)

    def _look(self, task: task_manager.TaskManager, entry: _Waiting) -> float | None:
        """One look at a node; the seconds until the next one, None where there is nothing to wait for any more.

        :raises NodeLocked: somebody works on the node.
        :raises TemporaryFailure: no worker is free to go on with it.
        """
        node = task.node
        if node.reservation is not None or not is_watched(task):
            return None
        if lost_agents.is_known_to_be_gone(task):
            lost_power.lose(
                task, "the server was powered off, or booted again, while it was waited for"
            )
            return None
        if not node.agent_url:
            return None
        try:
            ended = task.driver.deploy.has_ended(task)
        except (exception.AgentConnectionFailed, exception.AgentAPIError) as exc:
            return self._silent(task, entry, exc)
        entry.silences, entry.suspected = 0, False
        if not ended:
            return _pause(node, time.monotonic() - entry.since)
        _go_on(task)
        return None

    def _silent(
        self, task: task_manager.TaskManager, entry: _Waiting, error: exception.IronicLiteError
    ) -> float | None:
        entry.silences += 1
        LOG.debug("Node %s: its agent does not answer: %s", entry.uuid, error.message)
        if entry.suspected and entry.silences >= _GONE_AFTER:
            lost_power.lose(
                task,
                "another agent has started on the server, and the one that worked there does not answer any more",
            )
            return None
        if entry.silences % _POWER_EVERY == 1 and self._power_free.acquire(blocking=False):
            self._power_pool.submit(self._as_us, _look_at_power, entry.uuid).add_done_callback(
                lambda _: self._power_free.release()
            )
        if entry.suspected:
            return _SILENCE_PAUSE
        return min(_SILENCE_PAUSE * entry.silences, _LONGEST_SILENCE_PAUSE)


def attend(context: ironic_context.RequestContext) -> None:
    """Have the agents of all our waiting nodes asked: their calls may have got lost with the conductor before us."""
    filters = {
        "provision_state_in": sorted(states.WAITING.values()),
        "reserved": False,
        "maintenance": False,
        "agent_known": True,
    }
    for row in owned.nodes(context, filters):
        identity.current().watch(row["uuid"])


def is_watched(task: task_manager.TaskManager) -> bool:
    """Whether a node waits for what its agent can be asked about, and is not left to its operator."""
    node = task.node
    if node.maintenance or node.target_power_state is not None:
        return False
    if node.provision_state not in states.WAITING.values():
        return False
    flow = flows.flow_of(task)
    return flow.by_heartbeat and lost_agents.is_expected(task, flow)


def _go_on(task: task_manager.TaskManager) -> None:
    """Do what the agent's call would do.

    :raises NodeLocked: somebody is at it.
    :raises NoFreeConductorWorker: nobody can be.
    """
    if not CONF.agent.command_check_interval:
        return
    before = task.node.as_row(["provision_state", "provision_updated_at", "driver_internal_info"])
    task.upgrade_lock("what the agent has told")
    now = task.node.as_row(["provision_state", "driver_internal_info"])
    if all(before[name] == now[name] for name in now):
        task.spawn_after(flows.resume, task)


def _look_at_power(uuid: str) -> None:
    context = ironic_context.admin_context()
    try:
        with task_manager.acquire(
            context, uuid, shared=True, purpose="looking for lost power"
        ) as task:
            if task.node.reservation is None and is_watched(task):
                lost_power.check(task)
    except (exception.NodeLocked, exception.NodeNotFound):
        LOG.debug("Node %s is taken care of", uuid)


def _first_pause() -> float:
    return CONF.agent.command_check_interval or _LONGEST_SILENCE_PAUSE


def _pause(node: Any, age: float) -> float:
    """Seconds until an agent is asked again.

    :param age: seconds for which it has been asked.
    """
    interval = CONF.agent.command_check_interval
    if not interval:
        return _LONGEST_SILENCE_PAUSE
    step = node.deploy_step or node.clean_step or node.service_step or {}
    runs_long = age > _LONG_AFTER or step.get("step", "").startswith(_LONG_STEPS)
    longest = _LONGEST_OF_LONG if runs_long else _LONGEST
    return min(interval + age / _SHARE, max(longest, interval))
