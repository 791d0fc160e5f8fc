# SPDX-License-Identifier: Apache-2.0
"""What has to hold before an operation may start; a client gets the answer at once."""

from ironic_lite.common import exception
from ironic_lite.common.operations import machine
from ironic_lite.common.operations.declaration import Bar, Verb
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.task_manager import TaskManager


def not_barred(task: TaskManager, verb: Verb) -> None:
    """No field of the node refuses the verb.

    :raises NodeInMaintenance, NodeProtected, Invalid: naming the one that does.
    """
    node = task.node
    if node.maintenance and Bar.MAINTENANCE in verb.barred_by:
        raise exception.NodeInMaintenance(op=verb.doing, node=node.uuid)
    if node.protected and Bar.PROTECTED in verb.barred_by:
        raise exception.NodeProtected(node=node.uuid)
    if node.retired and Bar.RETIRED in verb.barred_by:
        raise exception.Invalid(
            f"The {verb.name} operation can't be performed on node {node.uuid} because it is "
            "retired; unset retired first."
        )


def actionable(task: TaskManager, verb: Verb) -> None:
    """The node is in a state that takes this verb.

    :raises InvalidStateRequested: when it is not.
    :raises NodeLeftOff: when its last operation is not cleaned up after yet, for its conductor died.
    """
    node = task.node
    if node.operation is not None and engine.is_failing(node):
        raise exception.NodeLeftOff(node=node.uuid)
    if not machine.is_actionable(node.provision_state, verb.event):
        raise exception.InvalidStateRequested(
            action=verb.name, node=node.uuid, state=node.provision_state
        )


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
