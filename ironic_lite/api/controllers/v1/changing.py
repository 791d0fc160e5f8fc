# SPDX-License-Identifier: Apache-2.0
"""Changing records that others may change at the same time.

A patch is applied to the record as it was read, and the conductor writes whole fields. So that two patches of different
keys of one field both survive, the conductor is told what the fields were when the patch was applied; when they have
changed since, it refuses, and the patch is applied again to what they are now.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ironic_lite.api import access, announcing
from ironic_lite.api import patch as json_patch
from ironic_lite.api.controllers.v1 import finding
from ironic_lite.api.resources.fields import Resource
from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node

T = TypeVar("T")

_MAX_TRIES = 5


def until_settled(record: Any, apply: Callable[[], T]) -> T:
    """Apply a patch to ``record``, and again to what it is by then as often as somebody else was quicker.

    :param apply: computes the change from the record and has it written; may raise ``ConcurrentUpdate``.
    :raises Conflict: others kept changing the same fields.
    """
    for _ in range(_MAX_TRIES):
        try:
            return apply()
        except exception.ConcurrentUpdate:
            record.refresh()
    raise exception.Conflict(
        f"{record.obj_name()} {record.uuid} was changed by others {_MAX_TRIES} times while this request was "
        "applied; try again."
    )


def patch(
    record: Any,
    resource: Resource,
    operations: list[dict[str, Any]],
    check: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
) -> None:
    """Apply a checked patch to a record that belongs to no node, and save it.

    :param check: is given what the fields were and what changes; it may refuse that, or change something more.
    :raises Conflict: others kept changing the same fields.
    """

    def apply() -> None:
        before = json_patch.before(record, resource, operations)
        changes = json_patch.apply(resource, operations, before)
        if check is not None:
            check(before, changes)
        for name, value in changes.items():
            setattr(record, name, value)
        with announcing.request(record, "update"):
            record.save(expected={name: before[name] for name in changes})

    until_settled(record, apply)


def named_node(context: RequestContext, ident: str) -> Node:
    """The node that a body names, as the one that a new record is to belong to.

    :raises Invalid: there is none that the client may see; 400, for the body is wrong, not the path.
    """
    try:
        return finding.named_node(context, ident)
    except exception.NodeNotFound as exc:
        raise exception.Invalid(exc.message) from None


def new_node(context: RequestContext, ident: str, rule: str) -> Node:
    """The node that a record is moved to, by somebody who may do ``rule`` there too.

    :raises Invalid: there is none, or none that the client may see.
    :raises HTTPForbidden:
    """
    try:
        node = finding.named_node(context, ident)
    except exception.NodeNotFound:
        raise exception.Invalid(
            f"Unable to apply the requested node_uuid '{ident}'. Requested value was invalid."
        ) from None
    access.authorize(context, rule, finding.target(node))
    return node


def node_of_part(
    context: RequestContext, part: Any, changes: dict[str, Any], wanted: str | None, rule: str
) -> Node:
    """The node that a port, port group or volume belongs to once ``changes`` are made, to which the move is added.

    :param wanted: the node that it is moved to; None: it stays where it is.
    :param rule: what lets a client create such a record: to move one is to have one more there.
    :raises Invalid, HTTPForbidden: as :func:`new_node`.
    """
    if wanted is None:
        return Node.get_by_id(context, part.node_id)
    node = new_node(context, wanted, rule)
    changes["node_id"] = node.id
    return node
