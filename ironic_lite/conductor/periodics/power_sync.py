# SPDX-License-Identifier: Apache-2.0
"""Comparing recorded with actual power states.

BMCs are asked at most ``sync_power_state_workers`` at a time; those that failed last time are asked last, so that
dead ones do not hold up the others.
"""

import threading
from typing import Any

from oslo_log import log

from ironic_lite.common import concurrency, exception, states
from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import history, identity, task_manager
from ironic_lite.conductor.periodics import owned
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

FAULT = "power failure"

_UNSETTLED = states.WORKING | {states.ENROLL}
"""States in which the recorded power state is not expected to hold."""

Context = ironic_context.RequestContext


class PowerSync:
    """Remembers how often each node has failed in a row.

    :param stop: set when the conductor stops.
    """

    def __init__(self, stop: threading.Event):
        self._stop = stop
        self._failures: dict[str, int] = {}

    def run(self, context: Context) -> None:
        """One comparison of all our nodes."""
        rows = owned.nodes(context, {"maintenance": False, "reserved": False}, ["provision_state"])
        faulty = owned.nodes(context, {"maintenance": True, "fault": FAULT, "reserved": False})
        settled = [row["uuid"] for row in rows if row["provision_state"] not in _UNSETTLED]
        known = {*settled, *(row["uuid"] for row in faulty)}
        self._failures = {uuid: n for uuid, n in self._failures.items() if uuid in known}
        settled.sort(key=lambda uuid: self._failures.get(uuid, 0))
        work = [(self._sync, uuid) for uuid in settled]
        work += [(self._recover, row["uuid"]) for row in faulty]
        self._in_parallel(context, work)

    def _in_parallel(self, context: Context, work: list[tuple[Any, str]]) -> None:
        if not work:
            return
        me = identity.current()
        pool = concurrency.executor(min(CONF.conductor.sync_power_state_workers, len(work)))
        try:
            for future in [pool.submit(self._one, me, context, *item) for item in work]:
                future.result()
        finally:
            pool.shutdown(wait=False)

    def _one(self, me: identity.Identity, context: Context, action: Any, node_uuid: str) -> None:
        if self._stop.is_set():
            return
        try:
            with (
                me.active(),
                task_manager.acquire(context, node_uuid, shared=True, purpose="power sync") as task,
            ):
                if task.node.reservation is None:
                    action(task)
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is taken care of", node_uuid)
        except Exception:
            LOG.exception("Power sync of node %s has failed", node_uuid)

    def _sync(self, task: task_manager.TaskManager) -> None:
        node = task.node
        if node.target_power_state is not None:
            # Its conductor died at it; see `orphans`.
            return
        try:
            actual = _ask(task)
        except exception.IronicLiteError as exc:
            self._failed(task, f"its power state cannot be read: {exc.message}")
            return
        if actual is None or actual == node.power_state:
            self._failures.pop(node.uuid, None)
        elif node.power_state is None or not CONF.conductor.force_power_state_during_sync:
            self._failures.pop(node.uuid, None)
            _upgrade(task)
            _record(task, actual)
        else:
            self._force(task, actual)

    def _force(self, task: task_manager.TaskManager, actual: str) -> None:
        node = task.node
        wanted = node.power_state
        if wanted == states.POWER_OFF and node.disable_power_off:
            _upgrade(task)
            _record(task, actual)
            return
        LOG.warning("Node %s is '%s' but recorded as '%s'", node.uuid, actual, wanted)
        if self._failed(task, f"it is '{actual}' again and again instead of '{wanted}'"):
            return
        _upgrade(task)
        try:
            task.set_power(wanted)
        except exception.NodeLockLost:
            raise
        except exception.IronicLiteError as exc:
            LOG.error("Node %s could not be put back to '%s': %s", node.uuid, wanted, exc.message)

    def _failed(self, task: task_manager.TaskManager, problem: str) -> bool:
        """Count a failure; True when it was one too many and the node is now under maintenance."""
        uuid = task.node.uuid
        self._failures[uuid] = self._failures.get(uuid, 0) + 1
        LOG.warning("Power sync of node %s: %s (%d in a row)", uuid, problem, self._failures[uuid])
        if self._failures[uuid] <= CONF.conductor.power_state_sync_max_retries:
            return False
        _upgrade(task)
        node = task.node
        node.power_state = None
        node.maintenance = True
        node.fault = FAULT
        node.maintenance_reason = node.last_error = (
            f"During power sync, {problem}. Maintenance ends by itself once the BMC answers again."
        )
        node.save()
        history.record(task, history.MONITORING, node.last_error, error=True)
        self._failures.pop(uuid, None)
        return True

    def _recover(self, task: task_manager.TaskManager) -> None:
        """Take a node out of maintenance whose BMC answers again."""
        try:
            actual = _ask(task)
        except exception.IronicLiteError as exc:
            LOG.debug("Node %s still fails: %s", task.node.uuid, exc.message)
            return
        _upgrade(task)
        node = task.node
        if not node.maintenance or node.fault != FAULT:
            return
        node.maintenance = False
        node.fault = None
        node.maintenance_reason = None
        node.last_error = None
        node.power_state = actual
        node.save()
        LOG.info("The BMC of node %s answers again", node.uuid)


def _ask(task: task_manager.TaskManager) -> str | None:
    task.driver.power.validate(task)
    actual = task.driver.power.get_power_state(task)
    if actual == states.ERROR:
        raise exception.PowerStateFailure("The BMC answers, but not whether the server is on.")
    return actual


def _upgrade(task: task_manager.TaskManager) -> None:
    """Lock the node, unless something else has begun on it since it was read."""
    before = task.node.as_row(["provision_state", "power_state", "maintenance"])
    task.upgrade_lock()
    if task.node.as_row(before) != before:
        raise exception.NodeLocked(node=task.node.uuid, host="another task")


def _record(task: task_manager.TaskManager, actual: str) -> None:
    LOG.info("Node %s: recording '%s'", task.node.uuid, actual)
    task.node.power_state = actual
    task.node.save()
