# SPDX-License-Identifier: Apache-2.0
"""A rescue ramdisk on an active node, and the way back."""

from ironic_lite.common import exception, states
from ironic_lite.conductor import engine, history
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.task_manager import TaskManager

_FAULT = "rescue abort failure"
_PASSWORD = "rescue_password"  # noqa: S105 - the name of a field


def start(task: TaskManager, rescue_password: str) -> None:
    """Boot the rescue ramdisk.

    :param rescue_password: what the operator will log in with; kept on the node until the ramdisk is up.
    :raises InvalidStateRequested, NodeInMaintenance: when the node cannot be rescued now.
    :raises UnsupportedDriverExtension: when it has no way to be rescued.
    :raises InvalidParameterValue: when the password is empty, or power or rescue are not set up.
    """
    checks.in_service(task, "rescuing")
    checks.actionable(task, "rescue")
    if not rescue_password.strip():
        raise exception.InvalidParameterValue(err="The rescue password cannot be empty.")
    checks.power(task)
    task.driver.rescue.validate(task)
    task.node.set_instance_info(_PASSWORD, rescue_password)
    engine.start(task, RESCUE, "rescue")


def start_unrescue(task: TaskManager) -> None:
    """Boot the instance again.

    :raises InvalidStateRequested, NodeInMaintenance: when the node is not being rescued.
    """
    checks.in_service(task, "unrescuing")
    checks.actionable(task, "unrescue")
    checks.power(task)
    engine.start(task, UNRESCUE, "unrescue")


def _rescue(task: TaskManager) -> str | None:
    outcome = task.driver.rescue.rescue(task)
    return outcome if outcome == states.RESCUEWAIT else None


def _unrescue(task: TaskManager) -> None:
    task.driver.rescue.unrescue(task)


def _finish(task: TaskManager) -> None:
    _forget_password(task)
    task.process_event("done")


def _clean_up(task: TaskManager) -> None:
    _forget_password(task)
    try:
        task.driver.rescue.clean_up(task)
    except exception.NodeLockLost:
        raise
    except Exception as exc:
        if task.node.provision_state == states.RESCUEFAIL:
            # Aborted: nobody knows what the server runs now, so a person has to look.
            task.node.maintenance = True
            task.node.fault = _FAULT
            task.node.maintenance_reason = f"Cleaning up after an aborted rescue has failed: {exc}"
        raise


def _forget_password(task: TaskManager) -> None:
    if _PASSWORD in task.node.instance_info:
        task.node.del_instance_info(_PASSWORD)


RESCUE = engine.Flow(
    name="rescue",
    working=states.RESCUING,
    event_type=history.RESCUE,
    waiting=states.RESCUEWAIT,
    prepare=_rescue,
    finish=_finish,
    clean_up=_clean_up,
)

UNRESCUE = engine.Flow(
    name="end of the rescue",
    working=states.UNRESCUING,
    event_type=history.RESCUE,
    prepare=_unrescue,
    finish=_finish,
)
