# SPDX-License-Identifier: Apache-2.0
"""Boots servers again that make no progress, or fails their operations. See ``agents.boots``."""

from ironic_lite.common import context as ironic_context
from ironic_lite.common.boot_progress import Progress
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.agents import boots
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import owned
from ironic_lite.conf import CONF


def run(context: ironic_context.RequestContext, heard_for: float) -> None:
    """Look at those of our nodes that wait for an agent.

    :param heard_for: seconds for which servers could reach this service.
    """
    least = boots.least_patience()
    if CONF.pxe.boot_attempts <= 1 or least is None or heard_for < least:
        return
    filters = {
        "provision_state_in": provision_states.names(Kind.WAITING),
        "reserved": False,
        "maintenance": False,
        "agent_known": False,
        "provisioned_before": least,
    }
    owned.each(
        context,
        "looking at its boot",
        lambda row: _look(context, row["uuid"], heard_for),
        filters,
    )


def _look(context: ironic_context.RequestContext, uuid: str, heard_for: float) -> None:
    with task_manager.acquire(context, uuid, shared=True, purpose="looking at its boot") as task:
        if _stalled(task, heard_for) is None:
            return
        task.upgrade_lock("booting its server again")
        # The agent may have called before the node was locked.
        boot = _stalled(task, heard_for)
        if boot is not None:
            task.spawn_after(flows.boot_stalled, task, boot)


def _stalled(task: task_manager.TaskManager, heard_for: float) -> Progress | None:
    if not provision_states.is_waiting(task.node.provision_state):
        return None
    flow = flows.flow_of(task)
    boot = boots.progress(task) if boots.is_watched(task, flow) else None
    return boot if boot is not None and boots.has_stalled(flow, boot, heard_for) else None
