# SPDX-License-Identifier: Apache-2.0
"""The traits of a node, and when they change."""

from ironic_lite.conductor.task_manager import TaskManager


def add(task: TaskManager, traits: list[str], replace: bool) -> None:
    """Give the locked node traits.

    :param replace: these only; what else it has goes.
    :raises InvalidParameterValue: when it would have too many.
    :raises NodeLockLost: when another task has the node by now.
    """
    task.node.set_traits(traits if replace else {*task.node.traits, *traits})


def remove(task: TaskManager, traits: list[str] | None) -> None:
    """Take these traits from the locked node, or all when None.

    :raises NodeTraitNotFound: when it does not have one of them.
    :raises NodeLockLost: when another task has the node by now.
    """
    if traits is None:
        task.node.set_traits([])
        return
    for trait in traits:
        task.node.remove_trait(trait)
