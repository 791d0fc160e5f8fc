# SPDX-License-Identifier: Apache-2.0
"""Changing a node: from a JSON patch to what a conductor writes.

A patch is applied to the record as it was read, and the conductor writes whole fields. So that two patches of different
keys of one field both survive, the conductor is told what the fields were when the patch was applied; when they have
changed since, it refuses, and the patch is applied again to what they are now.
"""

from typing import Any

from ironic_lite.api import patch as json_patch
from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.resources.node import NODE, check_name
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

_RESET_SINCE = 45
_CHASSIS_REMOVABLE_SINCE = 25
_MAX_TRIES = 5

# Patchable names that are no columns.
_NOT_STORED = frozenset({"chassis_uuid"})
_STORED = tuple(name for name in NODE.patchable if name not in _NOT_STORED)


def resolve_references(call: Call, values: dict[str, Any]) -> None:
    """Put records in the place of what the client called them by.

    :raises Invalid: there is no such chassis or parent node.
    """
    chassis = values.pop("chassis_uuid", None)
    if chassis is not None:
        raise exception.Invalid(f"Chassis {chassis} could not be found.")
    parent = values.get("parent_node")
    if parent is not None:
        try:
            values["parent_node"] = Node.get(call.context, parent).uuid
        except exception.NodeNotFound:
            raise exception.Invalid(
                f"Unable to apply the requested parent_node '{parent}'. Requested value was invalid."
            ) from None


def patch(call: Call, node: Node, document: Any, reset_interfaces: bool | None) -> Node:
    """Apply a JSON patch.

    :param reset_interfaces: the query argument; None when it was not given.
    :raises InvalidParameterValue: the patch, or what it makes of the node, is not valid.
    :raises NotAcceptable: it is newer than the microversion.
    :raises Conflict: others kept changing the same fields.
    """
    operations = json_patch.check(NODE, document, call.minor)
    _check_reset(call, operations, reset_interfaces)
    if call.minor < _CHASSIS_REMOVABLE_SINCE and any(
        (op["op"], op["path"]) == ("remove", "/chassis_uuid") for op in operations
    ):
        raise exception.InvalidParameterValue("Cannot remove /chassis_uuid before 1.25.")
    for _ in range(_MAX_TRIES):
        try:
            return _apply(call, node, operations, bool(reset_interfaces))
        except exception.ConcurrentUpdate:
            node.refresh()
    raise exception.Conflict(
        f"Node {node.uuid} was changed by others {_MAX_TRIES} times while this request was applied; try again."
    )


def _check_reset(
    call: Call, operations: list[dict[str, Any]], reset_interfaces: bool | None
) -> None:
    if reset_interfaces is None:
        return
    if call.minor < _RESET_SINCE:
        raise exception.NotAcceptable()
    if reset_interfaces and not any(op["path"] == "/driver" for op in operations):
        raise exception.InvalidParameterValue(
            "The reset_interfaces parameter can only be used when changing the node's driver."
        )


def _name_instance(before: dict[str, Any], changes: dict[str, Any]) -> None:
    """An instance without a name is called as those who deploy it display it."""
    shown = changes.get("instance_info", {}).get("display_name")
    if isinstance(shown, str) and changes.get("instance_name", before["instance_name"]) is None:
        changes["instance_name"] = types.check(types.TEXT, "instance_info/display_name", shown)


def _apply(
    call: Call, node: Node, operations: list[dict[str, Any]], reset_interfaces: bool
) -> Node:
    before: dict[str, Any] = {name: getattr(node, name) for name in _STORED}
    before.update(dict.fromkeys(_NOT_STORED))
    changes = json_patch.apply(NODE, operations, before)
    if "name" in changes:
        check_name(changes["name"])
    _name_instance(before, changes)
    resolve_references(call, changes)
    for name, value in changes.items():
        setattr(node, name, value)
    return call.conductors.update_node(
        call.context,
        node,
        call.conductors.get_topic_for(node),
        reset_interfaces=reset_interfaces,
        expected={name: before[name] for name in changes},
    )
