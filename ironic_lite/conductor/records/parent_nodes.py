# SPDX-License-Identifier: Apache-2.0
"""Parent and child nodes, such as a chassis with blades. A child names its parent (``parent_node``).

A child has power only while its parent has, unless its ``driver_info/has_dedicated_power_supply`` is true. So children
are powered off before their parent, and the parent is powered on before a child.
"""

from typing import Any

from oslo_log import log
from oslo_utils import strutils

from ironic_lite.common import exception, states
from ironic_lite.conductor.task import ConductorTask
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_DEPTH = 16


def children(task: ConductorTask) -> list[dict[str, Any]]:
    """Return ``uuid``, ``name``, ``power_state`` and ``driver_info`` of each child, oldest first."""
    columns = ["uuid", "name", "power_state", "driver_info"]
    return list(Node.rows(task.context, columns, filters={"parent_node": task.node.uuid}))


def depends(driver_info: dict[str, Any]) -> bool:
    """Tell whether a child with this ``driver_info`` depends on its parent's power."""
    own = driver_info.get("has_dedicated_power_supply", False)
    return not strutils.bool_from_string(own)


def supply(task: ConductorTask) -> None:
    """Power on the parent of a child that is about to be powered on.

    :raises NodeLocked: another task has the parent locked.
    :raises PowerStateFailure: the parent cannot be powered on.
    """
    node = task.node
    if node.parent_node is None or not depends(node.driver_info):
        return
    try:
        parent = Node.get(task.context, node.parent_node)
    except exception.NodeNotFound:
        LOG.warning("Node %s: its parent node %s does not exist", node.uuid, node.parent_node)
        return
    if parent.power_state == states.POWER_ON:
        return
    LOG.info("Node %s: powering on its parent %s first", node.uuid, parent.uuid)
    with task.for_node(parent.uuid, f"powering on for its child {node.uuid}") as its_task:
        its_task.set_power(states.POWER_ON)


def cut(task: ConductorTask) -> None:
    """Power off the children that depend on the node's power, before the node is powered off.

    :raises NodeLocked: another task has a child locked.
    :raises PowerStateFailure: a child cannot be powered off.
    """
    for child in children(task):
        if child["power_state"] == states.POWER_OFF or not depends(child["driver_info"] or {}):
            continue
        LOG.info("Node %s: powering it off before its parent %s", child["uuid"], task.node.uuid)
        with task.for_node(child["uuid"], f"powering off with {task.node.uuid}") as its_task:
            its_task.set_power(states.POWER_OFF)


def check_parent(context: Any, node: Node, parent_uuid: str | None) -> None:
    """Refuse a parent that is a descendant of the node.

    :raises Invalid: the parent is a descendant of the node, or has too many ancestors.
    """
    above = parent_uuid
    for _ in range(_DEPTH):
        if above is None:
            return
        if above == node.uuid:
            raise exception.Invalid(
                f"Node {node.uuid} cannot have the parent_node {parent_uuid}, which is a descendant of this node."
            )
        try:
            above = Node.get(context, above).parent_node
        except exception.NodeNotFound:
            return
    raise exception.Invalid(
        f"Node {node.uuid} cannot have the parent_node {parent_uuid}: it would have more than {_DEPTH} ancestors."
    )
