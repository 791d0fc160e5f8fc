# SPDX-License-Identifier: Apache-2.0
"""Changes the traits of a node."""

from ironic_lite.common import exception
from ironic_lite.conductor.task_manager import TaskManager


def add(task: TaskManager, traits: list[str], replace: bool = False) -> None:
    """Add traits to the locked node.

    :param replace: remove its other traits.
    :raises InvalidParameterValue: when the node would have too many traits.
    :raises NodeLockLost: when the task has lost the lock.
    """
    task.node.set_traits(traits if replace else {*task.node.traits, *traits})


def remove(task: TaskManager, traits: list[str] | None) -> None:
    """Remove these traits, or all for None, from the locked node. If one is missing, none is removed.

    :raises NodeTraitNotFound: when the node lacks one of them.
    :raises NodeLockLost: when the task has lost the lock.
    """
    left = [] if traits is None else list(task.node.traits)
    for trait in traits or ():
        if trait not in left:
            raise exception.NodeTraitNotFound(node_id=task.node.uuid, trait=trait)
        left.remove(trait)
    task.node.set_traits(left)
