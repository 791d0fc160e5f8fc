# SPDX-License-Identifier: Apache-2.0
"""Finds the record in a path, and checks the client's access to it."""

from typing import Any

from ironic_lite.api import access, types
from ironic_lite.api.call import Call
from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node

_NODE_NAMES_SINCE = 5


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
