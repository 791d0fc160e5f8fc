# SPDX-License-Identifier: Apache-2.0
"""Ends the maintenance of nodes that power sync has set, once their BMCs answer again."""

import threading

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.notifications import node_notifications, nova
from ironic_lite.conductor.periodics import bmcs, owned
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

FAULT = "power failure"
"""The ``fault`` of such a node. A node that an operator put under maintenance has no fault and is left alone."""


class PowerRecovery:
    """Checks this conductor's nodes with this fault.

    :param stop: set when the conductor stops.
    """

    def __init__(self, stop: threading.Event):
        self._stop = stop

    def run(self, context: ironic_context.RequestContext) -> None:
        """Query all their BMCs once."""
        rows = owned.nodes(context, {"maintenance": True, "fault": FAULT, "reserved": False})
        uuids = [row["uuid"] for row in rows]
        workers = CONF.conductor.sync_power_state_workers
        bmcs.each(context, self._stop, uuids, workers, "power failure recovery", _recover)


def _recover(task: TaskManager) -> None:
    try:
        actual = bmcs.power_state(task)
    except exception.IronicLiteError as exc:
        LOG.debug("Node %s: its BMC still fails: %s", task.node.uuid, exc.message)
        return
    bmcs.lock(task)
    node = task.node
    if not node.maintenance or node.fault != FAULT:
        return
    recorded = node.power_state
    node.maintenance = False
    node.fault = None
    node.maintenance_reason = None
    node.last_error = None
    node.power_state = actual
    if actual != recorded:
        node_notifications.power_corrected(node, recorded)
    node_history.record_with_node(
        task, node_history.MONITORING, "The BMC answers again, so maintenance has ended"
    )
    node.save()
    nova.power_changed(node)
    LOG.info("The BMC of node %s answers again", node.uuid)
