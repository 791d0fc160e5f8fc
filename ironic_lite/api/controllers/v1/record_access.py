# SPDX-License-Identifier: Apache-2.0
"""Finds the record in a path, and checks the client's access to it."""

import contextlib
from typing import Any

from ironic_lite.api import access, types
from ironic_lite.api.call import Call
from ironic_lite.api.resources.fields import Resource, Serialiser
from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.chassis import Chassis
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup

_NODE_NAMES_SINCE = 5
_PORT_NAMES_SINCE = 88


def _check_ident(call: Call, ident: str) -> None:
    if types.is_uuid(ident):
        return
    if not types.is_name(ident):
        raise exception.Invalid(f"Expected UUID or name for node: {ident[:64]}")
    if call.minor < _NODE_NAMES_SINCE:
        raise exception.NodeNotFound(node=ident)


def _candidates(call: Call, ident: str) -> tuple[str, ...]:
    # Up to 1.90 ".json" is a format suffix, but it may also be part of a node's name.
    if call.suffix and not types.is_uuid(ident):
        return ident + call.suffix, ident
    return (ident,)


def target(record: Any) -> access.Target:
    """Return the node as the target of access rules."""
    return access.of_node(record.owner, record.lessee)


def node(call: Call, ident: str, *rules: str) -> Node:
    """Return the node with this UUID or name, if all ``rules`` are granted.

    :raises NodeNotFound: also for a name before 1.5, and when the client may not see the node.
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden: the client may see the node, but a rule is not granted.
    :raises PreconditionFailed: the request is a change, and the record has another revision than its If-Match.
    """
    _check_ident(call, ident)
    *others, last = _candidates(call, ident)
    for other in others:
        try:
            found = Node.get_by_name(call.context, other)
            break
        except exception.NodeNotFound:
            continue
    else:
        found = Node.get(call.context, last)
    if not access.is_unrestricted(call.context):
        if not access.allows(call.context, "baremetal:node:get", target(found)):
            raise exception.NodeNotFound(node=ident)
        for rule in rules:
            access.authorize(call.context, rule, target(found))
    call.check_precondition(found)
    return found


def named_node(context: RequestContext, ident: str) -> Node:
    """Return the node in a query or a body, if the client may see it.

    :raises NodeNotFound: there is no such node that the client may see.
    """
    found = Node.get(context, ident)
    if not access.allows(context, "baremetal:node:get", target(found)):
        raise exception.NodeNotFound(node=ident)
    return found


def authorize_part(
    call: Call, record: Any, rule: str, visible: str, unseen: exception.NotFound
) -> None:
    """Check access to a part of a node.

    :param record: a port, a port group or a volume, with a ``node_id``.
    :param visible: the rule for seeing the record.
    :param unseen: error to raise when that rule is not granted.
    :raises HTTPForbidden: the client may see the record, but the rule is not granted.
    """
    if access.is_unrestricted(call.context):
        return
    of = target(Node.get_by_id(call.context, record.node_id))
    if not access.allows(call.context, visible, of):
        raise unseen
    access.authorize(call.context, rule, of)


def authorize_values(call: Call, resource: Resource, document: Any) -> None:
    """Check the rule of each field that a body sets in a new record with an owner.

    A project's new record belongs to the project: naming it as the owner needs no rule, and another owner is
    refused when the body is checked.

    :raises HTTPForbidden: the rule of a field is not granted.
    """
    if access.is_unrestricted(call.context) or not isinstance(document, dict):
        return
    given = dict(document)
    if call.context.system_scope != "all":
        given.pop("owner", None)
        owner = call.context.project_id
    else:
        owner = _project(given.get("owner"))
    if resource.owned:
        of = access.of_node(owner, _project(given.get("lessee")))
    else:
        of = access.of_owner(resource.name, owner)
    for rule in resource.creation_rules(given):
        access.authorize(call.context, rule, of)


def _project(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def authorize_new_part(call: Call, document: Any, rule: str) -> None:
    """Check that the client may add a port, a port group or a volume to the node in a body.

    This runs before the body is checked, so an invalid body counts as a node without owner.

    :raises HTTPForbidden: the rule is not granted; the answer is the same for a missing node.
    """
    if access.is_unrestricted(call.context):
        return
    body = document if isinstance(document, dict) else {}
    ident = body.get("node_uuid") or body.get("node_ident")
    of = access.of_node(None, None)
    if isinstance(ident, str):
        with contextlib.suppress(exception.NodeNotFound):
            of = target(Node.get(call.context, ident))
    access.authorize(call.context, rule, of)


def authorize_any_part(call: Call, rule: str) -> None:
    """Check that the client may add a part to some node, before the body is read.

    :raises HTTPForbidden: the rule is not granted even for nodes of the client's project.
    """
    own = call.context.project_id
    access.authorize(call.context, rule, access.of_node(own, own))


def port(call: Call, ident: str, rule: str) -> Port:
    """Return the port with this UUID (from 1.88 on also name), if ``rule`` is granted.

    :raises PortNotFound:
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden:
    :raises PreconditionFailed: the request is a change, and the record has another revision than its If-Match.
    """
    invalid = exception.Invalid(f"Expected UUID or name for port_ident: {ident[:64]}")
    plain = types.is_uuid(ident) or types.is_name(ident)
    if types.is_mac(ident):
        raise invalid
    if not types.is_uuid(ident) and call.minor < _PORT_NAMES_SINCE:
        raise exception.PortNotFound(port=ident) if plain else invalid
    try:
        found = Port.get(call.context, ident)
    except exception.PortNotFound:
        if plain:
            raise
        raise invalid from None
    unseen = exception.PortNotFound(port=ident)
    authorize_part(call, found, rule, "baremetal:port:get", unseen)
    call.check_precondition(found)
    return found


def portgroup(call: Call, ident: str, rule: str = "baremetal:portgroup:get") -> Portgroup:
    """Return the port group with this UUID or name, if ``rule`` is granted.

    :raises PortgroupNotFound:
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden:
    """
    if not types.is_uuid(ident) and not types.is_name(ident):
        raise exception.Invalid(f"Expected UUID or name for portgroup: {ident[:64]}")
    found = Portgroup.get(call.context, ident)
    unseen = exception.PortgroupNotFound(portgroup=ident)
    authorize_part(call, found, rule, "baremetal:portgroup:get", unseen)
    return found


def chassis(call: Call, uuid: str, rule: str) -> Chassis:
    """Return the chassis with this UUID, if ``rule`` is granted.

    :raises ChassisNotFound:
    :raises Invalid: the text is not a UUID.
    :raises HTTPForbidden:
    """
    access.authorize(call.context, rule)
    check_uuid("chassis_uuid", uuid)
    return Chassis.get(call.context, uuid)


def check_ident(name: str, value: str) -> None:
    """:raises Invalid: the text in the path is neither a UUID nor a name."""
    if not (types.is_uuid(value) or types.is_name(value)):
        raise exception.Invalid(f"Expected UUID or name for {name}: {value[:64]}")


def check_uuid(name: str, value: str) -> None:
    """:raises Invalid: the text in the path is not a UUID."""
    if not types.is_uuid(value):
        raise exception.Invalid(f"Expected UUID for {name}: {value[:64]}")


def check_name(what: str, name: Any) -> None:
    """:raises InvalidParameterValue: it is not a valid name of a record."""
    if name is not None and not types.is_name(name):
        raise exception.InvalidParameterValue(
            f"Cannot give the {what} the invalid name '{str(name)[:64]}'. A name has at most 255 letters, digits "
            "and the characters - . _ ~, and is no UUID."
        )


def show(call: Call, record: Any, serialise: Serialiser) -> dict[str, Any]:
    """Return the representation of a record for the client."""
    row = record.as_row(serialise.columns)
    for name in serialise.disclosed_to(call.view):
        row[name] = getattr(record, name)
    return serialise(row, call.view)
