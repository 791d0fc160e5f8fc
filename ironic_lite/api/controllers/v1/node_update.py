# SPDX-License-Identifier: Apache-2.0
"""Turns a JSON patch of a node into the changes that a conductor writes."""

from typing import Any

from ironic_lite.api import access, request_notifications, types
from ironic_lite.api import patch as json_patch
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes
from ironic_lite.api.resources.node import INTERFACES, NODE, check_name
from ironic_lite.common import exception, states
from ironic_lite.common.operations import machine
from ironic_lite.objects.chassis import Chassis
from ironic_lite.objects.node import Node

PROVISIONED_OWNER = "baremetal:node:update_owner_provisioned"
"""The access rule for changing the owner of an ``active`` node."""
_RESET_SINCE = 45
_NOT_INSPECTING_SINCE = 39


def resolve_references(call: Call, values: dict[str, Any]) -> None:
    """Replace the UUIDs and names of chassis and parent node in ``values`` by what the node's record has.

    :raises Invalid: the chassis or parent node does not exist.
    """
    if "chassis_uuid" in values:
        values["chassis_id"] = _chassis_id(call, values.pop("chassis_uuid"))
    parent = values.get("parent_node")
    if parent is not None:
        found = concurrent_changes.requested_node(call.context, "parent_node", parent)
        values["parent_node"] = found.uuid


def _chassis_id(call: Call, uuid: str | None) -> int | None:
    if uuid is None:
        return None
    try:
        return Chassis.get(call.context, uuid).id
    except exception.ChassisNotFound as exc:
        raise exception.Invalid(exc.message) from None


def patch(
    call: Call, node: Node, operations: list[dict[str, Any]], reset_interfaces: bool | None
) -> Node:
    """Apply a checked JSON patch.

    :param reset_interfaces: the query argument; None if the query does not have it.
    :raises InvalidParameterValue: the patch, or the changed node, is invalid.
    :raises NotAcceptable: a field or a value is newer than the microversion.
    :raises Conflict: concurrent changes of the same fields did not stop.
    """
    _check_reset(call, operations, reset_interfaces)
    _check_operation(call, node, operations)
    return concurrent_changes.until_settled(
        node, lambda: _apply(call, node, operations, bool(reset_interfaces))
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


def _check_operation(call: Call, node: Node, operations: list[dict[str, Any]]) -> None:
    """Check whether a running operation allows the change. The conductor checks again under the lock.

    :raises InvalidState: it does not.
    """
    frees = all((op["op"], op["path"]) == ("remove", "/instance_uuid") for op in operations)
    if node.maintenance and frees:
        return
    state = node.provision_state
    inspecting = state == states.INSPECTING and call.minor >= _NOT_INSPECTING_SINCE
    if inspecting or machine.is_changing(state, node.target_provision_state):
        raise exception.InvalidState(
            f"Node {node.uuid} can not be updated while a state transition is in progress: it is '{state}'."
        )


def _resets(
    operations: list[dict[str, Any]], before: dict[str, Any], changes: dict[str, Any]
) -> dict[str, Any]:
    """Return the interfaces to reset to the defaults of a new hardware type: those that the patch does not name."""
    if "driver" not in changes:
        return {}
    named = {operation["path"].split("/")[1] for operation in operations}
    fields = (f"{kind}_interface" for kind in INTERFACES)
    return {field: None for field in fields if field not in named and before[field] is not None}


def _name_instance(before: dict[str, Any], changes: dict[str, Any]) -> None:
    """Set the name of an instance without a name to its display name."""
    shown = changes.get("instance_info", {}).get("display_name")
    if isinstance(shown, str) and changes.get("instance_name", before["instance_name"]) is None:
        changes["instance_name"] = types.check(types.TEXT, "instance_info/display_name", shown)


def _apply(
    call: Call, node: Node, operations: list[dict[str, Any]], reset_interfaces: bool
) -> Node:
    before = json_patch.before(node, NODE, operations)
    changes = json_patch.apply(NODE, operations, before)
    if "name" in changes:
        check_name(changes["name"])
    _name_instance(before, changes)
    if reset_interfaces:
        changes.update(_resets(operations, before, changes))
    expected = {name: before[name] for name in changes}
    resolve_references(call, changes)
    _check_parent(node, changes)
    _check_owner(call, node, changes)
    for name, value in changes.items():
        setattr(node, name, value)
    # This raises if no conductor serves the new hardware type, before any notification, as in Ironic.
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "update"):
        return conductor.update_node(call.context, node, expected=expected)


def _check_owner(call: Call, node: Node, changes: dict[str, Any]) -> None:
    """Check whether the client may change the owner of a node.

    :raises Conflict: the node is ``active``, so its instance would change hands too, and the client may not do that.
    """
    if "owner" not in changes or node.provision_state != states.ACTIVE:
        return
    if not access.allows(call.context, PROVISIONED_OWNER, access.of_node(node.owner, node.lessee)):
        raise exception.Conflict(
            f"The owner of node {node.uuid} cannot be changed while the node is {node.provision_state}."
        )


def _check_parent(node: Node, changes: dict[str, Any]) -> None:
    """:raises Invalid: the node would be its own parent, and thus in no list."""
    if changes.get("parent_node") == node.uuid:
        raise exception.Invalid(f"Node {node.uuid} cannot be its own parent_node.")
