# SPDX-License-Identifier: Apache-2.0
"""Changes the traits of a node."""

from ironic_lite.common import exception
from ironic_lite.conductor.task_manager import TaskManager


def add(task: TaskManager, traits: list[str], replace: bool = False) -> None:
    """See ``RecordCalls.add_node_traits``."""
    task.node.set_traits(traits if replace else {*task.node.traits, *traits})


def remove(task: TaskManager, traits: list[str] | None) -> None:
    """See ``RecordCalls.remove_node_traits``."""
    left = [] if traits is None else list(task.node.traits)
    for trait in traits or ():
        if trait not in left:
            raise exception.NodeTraitNotFound(node_id=task.node.uuid, trait=trait)
        left.remove(trait)
    task.node.set_traits(left)
