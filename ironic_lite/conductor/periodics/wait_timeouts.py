# SPDX-License-Identifier: Apache-2.0
"""Ends the waits of nodes whose agent sends no heartbeats."""

from ironic_lite.common import context as ironic_context
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.operations import flows, wait_timeouts
from ironic_lite.conductor.periodics import owned
from ironic_lite.conf import CONF


def run(context: ironic_context.RequestContext, heard_for: float) -> None:
    """Fail the operations of our nodes that have waited for too long. Nodes under maintenance are skipped.

    :param heard_for: seconds for which agents could reach this service. A living agent sends a heartbeat within
        ``[api] ramdisk_heartbeat_timeout``.
    """
    for state in provision_states.names(Kind.WAITING):
        patience = wait_timeouts.patience(state)
        if patience is None or heard_for < min(patience, CONF.api.ramdisk_heartbeat_timeout):
            continue
        filters = {
            "provision_state": state,
            "reserved": False,
            "maintenance": False,
            "provisioned_before": patience,
        }
        columns = ["provision_state", "provision_updated_at"]
        owned.each(context, "ending its wait", lambda row: _end(context, row), filters, columns)


def _end(context: ironic_context.RequestContext, row: owned.Row) -> None:
    with task_manager.acquire(context, row["uuid"], purpose="wait timeout", retry=False) as task:
        # The agent may have sent a heartbeat since the list was read.
        now = task.node.as_row(["provision_state", "provision_updated_at"])
        if now.items() <= row.items():
            task.spawn_after(flows.timed_out, task)
