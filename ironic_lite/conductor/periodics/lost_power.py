# SPDX-License-Identifier: Apache-2.0
"""Waiting and held nodes whose server was powered off. Their flow decides; power sync does not power them on."""

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.notifications import node_notifications, nova
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import bmcs

LOG = log.getLogger(__name__)

_SAME_WAIT = (
    "provision_state",
    "provision_updated_at",
    "maintenance",
    "deploy_step",
    "clean_step",
    "service_step",
)


def check(task: task_manager.TaskManager) -> None:
    """Read the power state from the BMC; if the server is off, continue the node's flow without its agent.

    If the BMC does not answer, nothing happens.

    :param task: a shared task of a node that waits or is held.
    :raises NodeLocked: another task has the node locked.
    :raises NoFreeConductorWorker: no worker is free to continue.
    """
    if not flows.may_lose_agent(task) or not _is_off(task):
        return
    _lock(task)
    # Between the answer and the lock a flow may have powered the server off and on.
    if not _is_off(task):
        return
    node = task.node
    if node.power_state not in (None, states.POWER_OFF):
        node_notifications.power_corrected(node, node.power_state)
        node.power_state = states.POWER_OFF
        node.save()
        nova.power_changed(node)
    task.spawn_after(
        flows.lost_agent, task, "the server was powered off while the node waited for its agent"
    )


def lose(task: task_manager.TaskManager, reason: str) -> None:
    """Continue the node's flow without its agent, unless another task has changed the node since it was read.

    Raises the errors of :func:`check`.
    """
    _lock(task)
    task.spawn_after(flows.lost_agent, task, reason)


def _is_off(task: task_manager.TaskManager) -> bool:
    try:
        return bmcs.power_state(task) == states.POWER_OFF
    except exception.NodeLockLost:
        raise
    except exception.IronicLiteError as exc:
        LOG.debug("Node %s: its power state cannot be read: %s", task.node.uuid, exc.message)
        return False


def _lock(task: task_manager.TaskManager) -> None:
    before = task.node.as_row([*_SAME_WAIT, "agent_url"])
    token = task.node.agent_secret_token
    task.upgrade_lock("handling a lost agent")
    if task.node.as_row(before) != before or task.node.agent_secret_token != token:
        raise exception.NodeLocked(node=task.node.uuid, host="another task")
