# SPDX-License-Identifier: Apache-2.0
"""The conductor's power action: what is done around the power interface."""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conductor import history
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_SOFT = (states.SOFT_POWER_OFF, states.SOFT_REBOOT)
_ENDS_THE_AGENT = (states.POWER_OFF, states.REBOOT, *_SOFT)


def request(task: Any, state: str, timeout: int | None = None) -> None:
    """Check a client's power request, and hand it to the worker pool.

    :param task: holds the node exclusively.
    :param timeout: seconds; None takes the configured time.
    :raises InvalidParameterValue: when the node lacks what its power interface needs.
    :raises UnsupportedDriverExtension: when the power interface does not know the state.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    task.driver.power.validate(task)
    if state not in task.driver.power.get_supported_power_states(task):
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension=f"the power state '{state}'"
        )
    task.spawn_after(change, task, state, timeout, reraise=False)
    task.node.target_power_state = states.POWER_TARGETS[state]
    task.node.last_error = None
    task.node.save()


def change(task: Any, state: str, timeout: int | None = None, reraise: bool = True) -> None:
    """Change power, and record the new state, or what went wrong, on the node.

    A server that is already in the wanted state is left alone.

    :param state: a key of ``states.POWER_TARGETS``.
    :param timeout: seconds; None takes the configured time.
    :param reraise: False where nobody listens and the record on the node is all there is.
    :raises NodeLockLost: when the task no longer holds the node; the BMC is not asked then.
    """
    task.ensure_locked()
    node = task.node
    target = states.POWER_TARGETS[state]
    if timeout is None and state in _SOFT:
        timeout = CONF.conductor.soft_power_off_timeout
    try:
        if state not in (states.REBOOT, states.SOFT_REBOOT) and _is_there(task, target):
            _record(node, target)
            return
        _announce(node, state, target)
        if state == states.REBOOT:
            task.driver.power.reboot(task, timeout=timeout)
        else:
            task.driver.power.set_power_state(task, state, timeout=timeout)
    except exception.NodeLockLost:
        raise
    except Exception as exc:
        node.target_power_state = None
        node.last_error = f"Failed to change power to '{state}': {exc}"
        history.record(task, history.TRANSITION, node.last_error, error=True)
        node.save()
        if reraise:
            raise
        LOG.error("Node %s: %s", node.uuid, node.last_error)
        return
    LOG.info("Node %s: %s", node.uuid, target)
    _record(node, target)


def _is_there(task: Any, target: str) -> bool:
    return task.driver.power.get_power_state(task) == target


def _announce(node: Any, state: str, target: str) -> None:
    """Show where power is going before the BMC is asked to."""
    node.target_power_state = target
    node.last_error = None
    if state in _ENDS_THE_AGENT:
        node.forget_agent()
    node.save()


def _record(node: Any, reached: str) -> None:
    node.power_state = reached
    node.target_power_state = None
    node.save()


def forget_interrupted(task: Any) -> None:
    """Nobody works on the power of this node, which was left in the middle of a change: say so.

    :param task: holds the node exclusively.
    """
    node = task.node
    if node.target_power_state is None:
        return
    node.last_error = (
        f"The conductor died while it changed power to '{node.target_power_state}'; the change may or may not "
        "have taken place. Ask for it again."
    )
    node.target_power_state = None
    node.save()
