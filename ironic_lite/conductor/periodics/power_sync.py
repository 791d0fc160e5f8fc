# SPDX-License-Identifier: Apache-2.0
"""Compares recorded with actual power states.

At most ``sync_power_state_workers`` BMCs are queried at the same time. Those that failed last time come last, so that
dead BMCs do not delay the others.
"""

import threading

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.notifications import node_notifications, nova
from ironic_lite.conductor.periodics import bmcs, lost_power, owned
from ironic_lite.conductor.periodics.power_recovery import FAULT
from ironic_lite.conductor.records import node_history
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)


class PowerSync:
    """Remembers how often each node has failed in a row.

    :param stop: set when the conductor stops.
    """

    def __init__(self, stop: threading.Event):
        self._stop = stop
        self._failures: dict[str, int] = {}

    def run(self, context: ironic_context.RequestContext) -> None:
        """Compare the power states of all our nodes once."""
        rows = owned.nodes(context, {"maintenance": False, "reserved": False}, ["provision_state"])
        settled = [
            row["uuid"] for row in rows if provision_states.keeps_power(row["provision_state"])
        ]
        self._failures = {uuid: self._failures[uuid] for uuid in settled if uuid in self._failures}
        settled.sort(key=lambda uuid: self._failures.get(uuid, 0))
        workers = CONF.conductor.sync_power_state_workers
        bmcs.each(context, self._stop, settled, workers, "power sync", self._sync)

    def _sync(self, task: task_manager.TaskManager) -> None:
        node = task.node
        if node.target_power_state is not None:
            # A conductor died while it changed power; `orphans` resumes that.
            return
        if provision_states.is_paused(node.provision_state):
            # Its power is its flow's: the record is not forced on the server.
            self._failures.pop(node.uuid, None)
            lost_power.check(task)
            return
        try:
            actual = bmcs.power_state(task)
        except exception.IronicLiteError as exc:
            self._failed(task, f"its power state cannot be read: {exc.message}")
            return
        if actual is None or actual == node.power_state:
            self._failures.pop(node.uuid, None)
        elif node.power_state is None or not CONF.conductor.force_power_state_during_sync:
            self._failures.pop(node.uuid, None)
            bmcs.lock(task)
            _record(task, actual)
        else:
            self._force(task, actual)

    def _force(self, task: task_manager.TaskManager, actual: str) -> None:
        node = task.node
        wanted = node.power_state
        if wanted == states.POWER_OFF and node.disable_power_off:
            bmcs.lock(task)
            _record(task, actual)
            return
        LOG.warning("Node %s is '%s' but recorded as '%s'", node.uuid, actual, wanted)
        if self._failed(task, f"it is again '{actual}' instead of '{wanted}'", actual):
            return
        bmcs.lock(task)
        if actual == states.POWER_OFF:
            task.node.forget_agent()
        try:
            task.set_power(wanted)
        except exception.NodeLockLost:
            raise
        except exception.IronicLiteError as exc:
            LOG.error("Node %s could not be set to '%s' again: %s", node.uuid, wanted, exc.message)

    def _failed(
        self, task: task_manager.TaskManager, problem: str, actual: str | None = None
    ) -> bool:
        """Count a failure. Return True when the limit is exceeded; the node is then under maintenance.

        :param actual: the power state, if known.
        """
        uuid = task.node.uuid
        self._failures[uuid] = self._failures.get(uuid, 0) + 1
        LOG.warning("Power sync of node %s: %s (%d in a row)", uuid, problem, self._failures[uuid])
        if self._failures[uuid] <= CONF.conductor.power_state_sync_max_retries:
            return False
        bmcs.lock(task)
        node = task.node
        _correct(node, actual)
        node.maintenance = True
        node.fault = FAULT
        node.maintenance_reason = node.last_error = (
            f"During power sync, {problem.rstrip('.')}. Maintenance ends automatically once the BMC answers again."
        )
        node_history.record_with_node(task, node_history.MONITORING, node.last_error, error=True)
        node.save()
        nova.power_changed(node)
        self._failures.pop(uuid, None)
        return True


def _record(task: task_manager.TaskManager, actual: str) -> None:
    node = task.node
    LOG.info("Node %s: recording '%s'", node.uuid, actual)
    _correct(node, actual)
    node.save()
    nova.power_changed(node)


def _correct(node: Node, actual: str | None) -> None:
    # The first known power state is not a correction.
    if node.power_state is not None:
        node_notifications.power_corrected(node, node.power_state)
    node.power_state = actual
    if actual == states.POWER_OFF:
        # Any agent on the server is gone; the next one gets a new token.
        node.forget_agent()
