# SPDX-License-Identifier: Apache-2.0
"""Changes of records with protection against concurrent changes.

A patch is applied to the record as it was read, and the conductor writes whole fields. To keep two concurrent patches
of different keys of one field, the conductor also gets the old values. If they have changed since, it refuses, and the
patch is applied again to the new values.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ironic_lite.api import access, request_notifications
from ironic_lite.api import patch as json_patch
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.resources.resource import Resource
from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node

T = TypeVar("T")

_MAX_TRIES = 5


def until_settled(record: Any, apply: Callable[[], T]) -> T:
    """Apply a patch to ``record``, and repeat that on the new record after each concurrent change.

    :param apply: computes the change from the record and writes it; may raise ``ConcurrentUpdate``.
    :raises Conflict: concurrent changes of the same fields did not stop.
    """
    for _ in range(_MAX_TRIES):
        try:
            return apply()
        except exception.ConcurrentUpdate:
            record.refresh()
    raise exception.Conflict(
        f"{record.obj_name()} {record.uuid} was changed by other requests {_MAX_TRIES} times while this request was "
        "applied; try again."
    )


def patch(
    record: Any,
    resource: Resource,
    operations: list[dict[str, Any]],
    check: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
) -> None:
    """Apply a checked patch to a record without a node, and save it.

    :param check: gets the old values and the changes; it may raise an error or add changes.
    :raises Conflict: concurrent changes of the same fields did not stop.
    """

    def apply() -> None:
        before = json_patch.before(record, resource, operations)
        changes = json_patch.apply(resource, operations, before)
        if check is not None:
            check(before, changes)
        for name, value in changes.items():
            setattr(record, name, value)
        with request_notifications.request(record, "update"):
            record.save(expected={name: before[name] for name in changes})

    until_settled(record, apply)


def named_node(context: RequestContext, ident: str) -> Node:
    """Return the node in a body that a new record is to belong to.

    :raises Invalid: there is no such node that the client may see; the status is 400, because the body is wrong.
    """
    try:
        return record_access.named_node(context, ident)
    except exception.NodeNotFound as exc:
        raise exception.Invalid(exc.message) from None


def requested_node(context: RequestContext, field: str, ident: str) -> Node:
    """Return the node that a patch sets in a field.

    :raises Invalid: there is no such node that the client may see.
    """
    try:
        return record_access.named_node(context, ident)
    except exception.NodeNotFound:
        raise exception.Invalid(
            f"Unable to apply the requested {field} '{ident}'. Requested value was invalid."
        ) from None


def new_node(context: RequestContext, ident: str, rule: str) -> Node:
    """Return the node that a record is moved to, if ``rule`` is granted for it too.

    :raises Invalid: there is no such node that the client may see.
    :raises HTTPForbidden:
    """
    node = requested_node(context, "node_uuid", ident)
    access.authorize(context, rule, record_access.target(node))
    return node
