# SPDX-License-Identifier: Apache-2.0
"""The traits of a node, and when they change."""

from ironic_lite.common import exception
from ironic_lite.conductor.task_manager import TaskManager


def add(task: TaskManager, traits: list[str], replace: bool) -> None:
    """Give the locked node traits.

    :param replace: these only; what else it has goes.
    :raises InvalidParameterValue: when it would have too many.
    :raises NodeLockLost: when another task has the node by now.
    """
    task.node.set_traits(traits if replace else {*task.node.traits, *traits})


def remove(task: TaskManager, traits: list[str] | None) -> None:
    """Take these traits from the locked node, or all when None; nothing happens when one is not there.

    :raises NodeTraitNotFound: when it does not have one of them.
    :raises NodeLockLost: when another task has the node by now.
    """
    left = [] if traits is None else list(task.node.traits)
    for trait in traits or ():
        if trait not in left:
            raise exception.NodeTraitNotFound(node_id=task.node.uuid, trait=trait)
        left.remove(trait)
    task.node.set_traits(left)
