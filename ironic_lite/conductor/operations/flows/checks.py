# SPDX-License-Identifier: Apache-2.0
"""Checks before an operation starts; the client gets their errors."""

from ironic_lite.common import exception
from ironic_lite.common.operations import machine
from ironic_lite.common.operations.declaration import Bar, Verb
from ironic_lite.conductor.operations import failure
from ironic_lite.conductor.task_manager import TaskManager


def not_barred(task: TaskManager, verb: Verb) -> None:
    """Check that no field of the node bars the verb.

    :raises NodeInMaintenance, NodeProtected, Invalid: naming the field that bars it.
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
    """Check that the node's state allows the verb.

    :raises InvalidStateRequested: when it does not.
    :raises NodeLeftOff: when the conductor of the last operation died and its cleaning up has not ended.
    """
    node = task.node
    if node.operation is not None and failure.is_failing(node):
        raise exception.NodeLeftOff(node=node.uuid)
    if not machine.is_actionable(node.provision_state, verb.event):
        raise exception.InvalidStateRequested(
            action=verb.name, node=node.uuid, state=node.provision_state
        )


def ramdisk(task: TaskManager) -> None:
    """Check the settings for booting the ramdisk, if the deploy interface needs one.

    :raises InvalidParameterValue: naming what is wrong.
    :raises MissingParameterValue: naming what is missing.
    """
    if task.driver.deploy.uses_agent:
        task.driver.boot.validate(task)
