# SPDX-License-Identifier: Apache-2.0
"""Nodes within nodes: cards in a server, blades in a chassis. A child names its parent (``parent_node``).

Unless its ``driver_info/has_dedicated_power_supply`` says otherwise, a child has power only while its parent has: it
is powered off before the parent is, and the parent is powered on before the child is.
"""

from typing import Any

from oslo_log import log
from oslo_utils import strutils

from ironic_lite.common import exception, states
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_DEPTH = 16


def children(task: Any) -> list[dict[str, Any]]:
    """The children of the node: ``uuid``, ``name``, ``power_state`` and ``driver_info`` of each, oldest first."""
    columns = ["uuid", "name", "power_state", "driver_info"]
    return list(Node.rows(task.context, columns, filters={"parent_node": task.node.uuid}))


def depends(driver_info: dict[str, Any]) -> bool:
    """Whether a child with this ``driver_info`` hangs on its parent's power."""
    own = driver_info.get("has_dedicated_power_supply", False)
    return not strutils.bool_from_string(own)


def supply(task: Any) -> None:
    """See to it that a child which is about to be powered on can be: power its parent on.

    :raises NodeLocked: somebody works on the parent.
    :raises PowerStateFailure: the parent cannot be powered on.
    """
    node = task.node
    if node.parent_node is None or not depends(node.driver_info):
        return
    try:
        parent = Node.get(task.context, node.parent_node)
    except exception.NodeNotFound:
        LOG.warning("Node %s: its parent node %s is gone", node.uuid, node.parent_node)
        return
    if parent.power_state == states.POWER_ON:
        return
    LOG.info("Node %s needs the power of its parent %s", node.uuid, parent.uuid)
    with task.for_node(parent.uuid, f"powering on for its child {node.uuid}") as its_task:
        its_task.set_power(states.POWER_ON)


def cut(task: Any) -> None:
    """Power off the children that are about to lose their power with the node.

    :raises NodeLocked: somebody works on one of them.
    :raises PowerStateFailure: one cannot be powered off.
    """
    for child in children(task):
        if child["power_state"] == states.POWER_OFF or not depends(child["driver_info"] or {}):
            continue
        LOG.info("Node %s loses its power with its parent %s", child["uuid"], task.node.uuid)
        with task.for_node(child["uuid"], f"powering off with {task.node.uuid}") as its_task:
            its_task.set_power(states.POWER_OFF)


def check_parent(context: Any, node: Node, parent_uuid: str | None) -> None:
    """Refuse a parent that the node is an ancestor of.

    :raises Invalid: it is.
    """
    above = parent_uuid
    for _ in range(_DEPTH):
        if above is None:
            return
        if above == node.uuid:
            raise exception.Invalid(
                f"Node {node.uuid} cannot have the parent_node {parent_uuid}, which is a descendant of its own."
            )
        try:
            above = Node.get(context, above).parent_node
        except exception.NodeNotFound:
            return
    raise exception.Invalid(
        f"Node {node.uuid} cannot have the parent_node {parent_uuid}: there are {_DEPTH} nodes above it."
    )
