# SPDX-License-Identifier: Apache-2.0
"""Power changes: the work around the power interface."""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, redaction, states
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.notifications import node_notifications, nova
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.records import node_history, parent_nodes
from ironic_lite.conductor.task import ConductorTask
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_SOFT = (states.SOFT_POWER_OFF, states.SOFT_REBOOT)
_ENDS_THE_AGENT = (states.POWER_OFF, states.REBOOT, *_SOFT)


def request(task: ConductorTask, new_state: str, power_timeout: int | None = None) -> None:
    """See ``NodeCalls.change_node_power_state``.

    :raises UnsupportedDriverExtension: when the power interface does not support the state.
    :raises PowerStateFailure: when the node has ``disable_power_off``.
    """
    task.driver.power.validate(task)
    if _is_forbidden(task.node, new_state):
        raise exception.PowerStateFailure(
            f"Failed to set node power state to {new_state}. {_must_stay_on(task.node)}"
        )
    if new_state not in task.driver.power.get_supported_power_states(task):
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension=f"the power state '{new_state}'"
        )
    task.spawn_after(change, task, new_state, power_timeout, reraise=False)
    task.node.target_power_state = states.POWER_TARGETS[new_state]
    task.node.last_error = None
    journal.note(task, terms.POWER, new_state, terms.REQUESTED, seconds=power_timeout)
    task.node.save()


def change(
    task: ConductorTask, state: str, timeout: int | None = None, reraise: bool = True
) -> None:
    """Change power, and record the new state or the error on the node.

    It does nothing if the server is in the wanted state already, or if it would power off a node with
    ``disable_power_off``, also as part of a soft reboot.

    :param state: a key of ``states.POWER_TARGETS``.
    :param timeout: seconds; None: the configured time.
    :param reraise: False: do not raise errors, only record them on the node.
    :raises NodeLockLost: when the task no longer holds the lock; no request is sent to the BMC then.
    """
    task.ensure_locked()
    node = task.node
    target = states.POWER_TARGETS[state]
    if timeout is None and state in _SOFT:
        timeout = CONF.conductor.soft_power_off_timeout
    if _is_forbidden(node, state):
        LOG.info("Node %s stays on, because of disable_power_off", node.uuid)
        return
    before, announced = node.power_state, False
    try:
        there = state not in (states.REBOOT, states.SOFT_REBOOT) and _has_power_state(task, target)
        if not there:
            _switch_relatives(task, target)
        node_notifications.power(node, node_notifications.START, state)
        announced = True
        if there:
            if node.target_power_state is not None:
                journal.note(
                    task, terms.POWER, state, terms.DONE, "the server was in this state already"
                )
            _record(node, state, target)
            return
        _announce(task, state, target, timeout)
        _send(task, state, target, timeout)
    except exception.WorkCutOff:
        raise
    except Exception as exc:
        node.target_power_state = None
        node.last_error = _message(state, exc)
        node_history.record_with_node(task, node_history.TRANSITION, node.last_error, error=True)
        journal.note(task, terms.POWER, state, terms.FAILED, redaction.mask_text(str(exc)))
        if not announced:
            node_notifications.power(node, node_notifications.START, state)
        node_notifications.power(node, node_notifications.ERROR, state)
        node.save()
        if reraise:
            raise
        LOG.error("Node %s: %s", node.uuid, node.last_error)
        return
    LOG.info("Node %s: %s", node.uuid, target)
    record_connection(task)
    journal.note(task, terms.POWER, state, terms.DONE)
    _record(node, state, target)
    if target != before:
        nova.power_changed(node)
    _detach_volumes(task, target)


def _send(task: ConductorTask, state: str, target: str, timeout: int | None) -> None:
    """Change the power of the server. An instance that starts finds its volumes attached."""
    if target == states.POWER_ON and task.node.provision_state == states.ACTIVE:
        task.driver.storage.attach_volumes(task)
    if state == states.REBOOT:
        task.driver.power.reboot(task, timeout=timeout)
    else:
        task.driver.power.set_power_state(task, state, timeout=timeout)


def _detach_volumes(task: ConductorTask, reached: str) -> None:
    """Detach the volumes of an instance whose server is off, so that its volume targets can be changed."""
    if reached != states.POWER_OFF or task.node.provision_state != states.ACTIVE:
        return
    try:
        task.driver.storage.detach_volumes(task)
    except exception.StorageError as exc:
        LOG.warning(
            "Node %s: its volumes stay attached until the server is powered on or undeployed: %s",
            task.node.uuid,
            exc.message,
        )


def _message(state: str, problem: Exception) -> str:
    if isinstance(problem, exception.PowerStateFailure):
        return str(problem)  # The message names the failed action already.
    return redaction.mask_text(f"Failed to change power to '{state}': {problem}")


def record_connection(task: ConductorTask) -> None:
    """Record the facts about the connection to the BMC on the node. The caller saves the node."""
    for name, value in task.driver.power.connection_facts(task).items():
        if task.node.driver_internal_info.get(name) != value:
            task.node.set_driver_internal_info(name, value)


def _is_forbidden(node: Any, state: str) -> bool:
    # A soft reboot is a soft power off followed by a power on.
    return bool(node.disable_power_off) and state in (states.POWER_OFF, *_SOFT)


def _must_stay_on(node: Any) -> str:
    return (
        f"Node {node.uuid} must not be powered off (disable_power_off is set); "
        f"use '{states.REBOOT}', which resets it."
    )


def _switch_relatives(task: ConductorTask, target: str) -> None:
    if target == states.POWER_ON:
        parent_nodes.supply(task)
    else:
        parent_nodes.cut(task)


def _announce(task: ConductorTask, state: str, target: str, timeout: int | None) -> None:
    """Record and announce the target power state before the request to the BMC."""
    node = task.node
    node.target_power_state = target
    node.last_error = None
    node.timestamp_driver_internal_info("last_power_state_change")
    if state in _ENDS_THE_AGENT:
        node.forget_agent()
    journal.note(task, terms.POWER, state, terms.STARTED, seconds=timeout)
    node.save()


def _record(node: Any, state: str, reached: str) -> None:
    node.power_state = reached
    node.target_power_state = None
    node_notifications.power(node, node_notifications.END, state)
    node.save()
    if provision_states.is_waiting(node.provision_state):
        # A client changed power, so the agent that the node waits for may be gone.
        identity.current().watch(node.uuid)


def _has_power_state(task: ConductorTask, target: str) -> bool:
    actual = task.driver.power.get_power_state(task)
    if actual == states.POWER_OFF:
        # The server may have been powered off by hand, so any agent on it is gone.
        task.node.forget_agent()
    return bool(actual == target)


def take_up(task: ConductorTask) -> None:
    """Finish a power change whose conductor died. Runs on a worker, under the lock.

    It asks the BMC first, and does nothing if the server has the wanted state. A reboot is repeated, because nobody can
    tell whether it took place.
    """
    node = task.node
    target = node.target_power_state
    if target is None:
        return
    begun = journal.last(task, terms.POWER)
    state, timeout = target, None
    if begun is not None and states.POWER_TARGETS.get(begun["subject"]) == target:
        state = begun["subject"]
        if begun["until"]:
            until, since = (timeutils.parse_isotime(begun[n]) for n in ("until", "created_at"))
            timeout = round((until - since).total_seconds())
    journal.note(task, terms.TAKE_OVER, begun["conductor"] if begun else None, terms.STARTED)
    if _is_forbidden(node, state):
        # The power off was requested before disable_power_off was set.
        node.target_power_state = None
        node.last_error = _must_stay_on(node)
        journal.note(task, terms.POWER, state, terms.FAILED, node.last_error)
        node.save()
        return
    change(task, state, timeout, reraise=False)
