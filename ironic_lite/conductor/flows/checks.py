# SPDX-License-Identifier: Apache-2.0
"""What has to hold before an operation may start; a client gets the answer at once."""

from ironic_lite.common import exception, states
from ironic_lite.conductor import engine
from ironic_lite.conductor.task_manager import TaskManager


def actionable(task: TaskManager, event: str, action: str | None = None) -> None:
    """The node is in a state that takes this event.

    :param action: the verb that the client used, for the message.
    :raises InvalidStateRequested: when it is not.
    :raises NodeLeftOff: when its last operation is not cleaned up after yet, for its conductor died.
    """
    node = task.node
    if node.operation is not None and engine.is_failing(node):
        raise exception.NodeLeftOff(node=node.uuid)
    if not states.is_actionable(node.provision_state, event):
        raise exception.InvalidStateRequested(
            action=action or event, node=node.uuid, state=node.provision_state
        )


def in_service(task: TaskManager, operation: str) -> None:
    """The node is not under maintenance.

    :raises NodeInMaintenance: when it is.
    """
    if task.node.maintenance:
        raise exception.NodeInMaintenance(op=operation, node=task.node.uuid)


def not_protected(task: TaskManager) -> None:
    """The node is not protected against losing its instance.

    :raises NodeProtected: when it is.
    """
    if task.node.protected:
        raise exception.NodeProtected(node=task.node.uuid)


def power(task: TaskManager) -> None:
    """The node says how its power is controlled.

    :raises InvalidParameterValue: naming what is wrong.
    """
    task.driver.power.validate(task)


def running_instance(task: TaskManager) -> None:
    """The node says what its instance boots from, where that is not its disk.

    :raises InvalidParameterValue: naming what is wrong.
    """
    if task.driver.deploy.boots_ramdisk:
        task.driver.boot.validate_instance_ramdisk(task)


def ramdisk(task: TaskManager) -> None:
    """The node says how the ramdisk is booted, where its deploy interface works in one.

    :raises InvalidParameterValue: naming what is wrong.
    :raises MissingParameterValue: naming what is missing.
    """
    if task.driver.deploy.uses_agent:
        task.driver.boot.validate(task)
