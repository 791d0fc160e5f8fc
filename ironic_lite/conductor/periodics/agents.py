# SPDX-License-Identifier: Apache-2.0
"""Polls the agents of waiting nodes, so that the end of a command is noticed soon.

An agent sends a heartbeat some seconds after a command has ended, and the heartbeat is lost if the conductor that gets
it dies. So the owner of a waiting node polls its agent: soon after the command began, and less and less often while it
runs. The total number of requests is bounded. An agent that does not answer proves nothing: the conductor then checks
the server's power. If power is off or another agent has started, the operation goes on without the lost agent.
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

from ironic_lite.common import concurrency, exception
from ironic_lite.common import context as ironic_context
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.agents import lost_agents
from ironic_lite.conductor.cluster import identity, workers
from ironic_lite.conductor.cluster.identity import Identity
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import lost_power, owned
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_AT_A_TIME = 8
"""Agents polled at the same time."""

_SHARE = 30
"""The pause between polls grows by one second per this many seconds that a command has run."""

_LONGEST = 2.0
_LONGEST_OF_LONG = 10.0
"""Longest pause in seconds between two polls of a command; the second is for commands that run for hours."""

_LONG_STEPS = ("erase_devices", "burnin")
_LONG_AFTER = 600.0
"""Seconds after which any command counts as one that runs for hours."""

_SILENCE_PAUSE = 2.0
_LONGEST_SILENCE_PAUSE = 30.0
"""Shortest and longest pause in seconds between two polls of an agent that does not answer."""

_GONE_AFTER = 3
_GONE_FOR = 60.0
"""Unanswered polls, and their seconds, after which an agent counts as gone if another one may have started on its
server.

The agent looks itself up again before it writes an image, and may then be too busy to answer for some time.
"""

_POWER_EVERY = 5
"""The server's power is checked after the first unanswered poll, and then after each this many."""


@dataclasses.dataclass
class _Waiting:
    """A node whose agent is polled.

    :ivar since: when the polling began, by ``time.monotonic``.
    :ivar silences: unanswered polls in a row.
    :ivar silent_since: when the first of them began, by ``time.monotonic``.
    :ivar suspected: another agent may have started on the server.
    """

    uuid: str
    since: float
    silences: int = 0
    silent_since: float = 0.0
    suspected: bool = False
    due: int = 0


class Agents:
    """Polls agents in a thread of its own and a few workers.

    :param owner: the conductor that owns the nodes.
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
        """Poll until the conductor stops."""
        while not self._stop.is_set():
            self._schedule_watched()
            uuid = self._next_due()
            if uuid is None:
                continue
            self._free.acquire()
            self._pool.submit(self._run_as_owner, self._poll, uuid).add_done_callback(
                lambda _: self._free.release()
            )
            self._stop.wait(1 / CONF.agent.command_checks_per_second)
        for pool in (self._pool, self._power_pool):
            pool.shutdown(wait=False)

    # -- the schedule -----------------------------------------------------------------------------------

    def _schedule_watched(self) -> None:
        """Add newly watched nodes to the schedule; wait for them until the next poll is due."""
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
                    first = CONF.agent.command_check_interval or _LONGEST_SILENCE_PAUSE
                    self._schedule_poll(entry, first)
                if suspected:
                    entry.suspected = True
                    self._schedule_poll(entry, 0)

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

    def _schedule_poll(self, entry: _Waiting, seconds: float) -> None:
        """Schedule the next poll of a node; it replaces earlier ones. The caller holds ``_lock``."""
        entry.due = next(self._count) + 1
        heapq.heappush(self._heap, (time.monotonic() + seconds, entry.due, entry.uuid))

    # -- polling --------------------------------------------------------------------------------------------------

    def _run_as_owner(self, function: Callable[[str], Any], uuid: str) -> None:
        try:
            with self._identity.active(), workers.background():
                function(uuid)
        except Exception:
            # The next search for waiting nodes adds the node again.
            LOG.exception("Node %s: polling its agent failed", uuid)
            self._drop(uuid)

    def _poll(self, uuid: str) -> None:
        entry = self._waiting.get(uuid)
        if entry is None:
            return
        context = ironic_context.admin_context()
        try:
            with task_manager.acquire(
                context, uuid, shared=True, purpose="polling its agent"
            ) as task:
                pause = self._check_agent(task, entry)
        except (exception.NodeLocked, exception.NodeNotFound, exception.DatabaseUnavailable):
            pause = None
        except exception.TemporaryFailure:
            pause = _SILENCE_PAUSE
        if pause is None:
            self._drop(uuid)
        else:
            with self._lock:
                self._schedule_poll(entry, pause)

    def _drop(self, uuid: str) -> None:
        with self._lock:
            self._waiting.pop(uuid, None)

    def _check_agent(self, task: task_manager.TaskManager, entry: _Waiting) -> float | None:
        """Check a node. Return the seconds until the next check, or None when it waits for no agent any more.

        :raises NodeLocked: another task has the node locked.
        :raises TemporaryFailure: no worker is free to resume the operation.
        """
        node = task.node
        if node.reservation is not None or not is_watched(task):
            return None
        if lost_agents.is_known_to_be_gone(task):
            lost_power.lose(
                task, "the server was powered off or rebooted while the node waited for its agent"
            )
            return None
        if not node.agent_url:
            return None
        try:
            ended = task.driver.deploy.has_ended(task)
        except (exception.AgentConnectionFailed, exception.AgentAPIError) as exc:
            return self._no_answer(task, entry, exc)
        entry.silences, entry.suspected = 0, False
        if not ended:
            return _pause(node, time.monotonic() - entry.since)
        _resume(task)
        return None

    def _no_answer(
        self, task: task_manager.TaskManager, entry: _Waiting, error: exception.IronicLiteError
    ) -> float | None:
        now = time.monotonic()
        if not entry.silences:
            entry.silent_since = now
        entry.silences += 1
        LOG.debug("Node %s: its agent does not answer: %s", entry.uuid, error.message)
        silent_for = now - entry.silent_since
        if entry.suspected and entry.silences >= _GONE_AFTER and silent_for >= _GONE_FOR:
            lost_power.lose(
                task,
                "another agent has started on the server, and the agent that ran the step does not answer any more",
            )
            return None
        if entry.silences % _POWER_EVERY == 1 and self._power_free.acquire(blocking=False):
            self._power_pool.submit(self._run_as_owner, _check_power, entry.uuid).add_done_callback(
                lambda _: self._power_free.release()
            )
        if entry.suspected:
            return _SILENCE_PAUSE
        return min(_SILENCE_PAUSE * entry.silences, _LONGEST_SILENCE_PAUSE)


def attend(context: ironic_context.RequestContext) -> None:
    """Watch all waiting nodes of this conductor, because a conductor that died may have lost heartbeats."""
    filters = {
        "provision_state_in": provision_states.names(Kind.WAITING),
        "reserved": False,
        "maintenance": False,
        "agent_known": True,
    }
    for row in owned.nodes(context, filters):
        identity.current().watch(row["uuid"])


def is_watched(task: task_manager.TaskManager) -> bool:
    """Tell whether a node waits for its agent and is not under maintenance."""
    node = task.node
    if node.maintenance or node.target_power_state is not None:
        return False
    if not provision_states.is_waiting(node.provision_state):
        return False
    flow = flows.flow_of(task)
    return flow.by_heartbeat and lost_agents.is_expected(task, flow)


def _resume(task: task_manager.TaskManager) -> None:
    """Resume the operation, as a heartbeat of the agent would.

    :raises NodeLocked: another task has the node locked.
    :raises NoFreeConductorWorker: no worker is free.
    """
    if not CONF.agent.command_check_interval:
        return
    before = task.node.as_row(["provision_state", "provision_updated_at", "driver_internal_info"])
    task.upgrade_lock("resuming after a poll of its agent")
    now = task.node.as_row(["provision_state", "driver_internal_info"])
    if all(before[name] == now[name] for name in now):
        task.spawn_after(flows.resume, task)


def _check_power(uuid: str) -> None:
    context = ironic_context.admin_context()
    try:
        with task_manager.acquire(context, uuid, shared=True, purpose="checking its power") as task:
            if task.node.reservation is None and is_watched(task):
                lost_power.check(task)
    except (exception.NodeLocked, exception.NodeNotFound):
        LOG.debug("Node %s is locked, gone or in other hands", uuid)


def _pause(node: Any, age: float) -> float:
    """Return the seconds until an agent is polled again.

    :param age: seconds since the polling began.
    """
    interval: float = CONF.agent.command_check_interval
    if not interval:
        return _LONGEST_SILENCE_PAUSE
    step = node.deploy_step or node.clean_step or node.service_step or {}
    runs_long = age > _LONG_AFTER or step.get("step", "").startswith(_LONG_STEPS)
    longest = _LONGEST_OF_LONG if runs_long else _LONGEST
    return min(interval + age / _SHARE, max(longest, interval))
