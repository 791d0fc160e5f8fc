# SPDX-License-Identifier: Apache-2.0
"""Lists of nodes."""

import itertools
from collections.abc import Sequence
from typing import Any

import webob

from ironic_lite.api import access, filters, paging
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.view import NodeKey
from ironic_lite.common import exception
from ironic_lite.objects.chassis import Chassis
from ironic_lite.objects.node import Node


def reply(
    call: Call,
    own: str | None,
    path: str,
    within: dict[str, Any] | None = None,
) -> webob.Response:
    """Return the reply with a page of the nodes that the client may see.

    :param own: the project whose nodes the client may list; None: all.
    :param path: the path of the list without ``/detail``, for the link to the next page.
    :param within: filters that the path implies.
    :raises HTTPForbidden: the query names another project.
    """
    wanted = paging.page(call)
    narrowed = {**filters.check(call.query, call.form.query, call.minor), **(within or {})}
    access.narrow(narrowed, own)
    conductor = narrowed.pop("conductor", None)
    if not _may_match(call, narrowed):
        rows: Sequence[dict[str, Any]] = []
    elif conductor is not None:
        rows = _served_by(call, conductor, wanted, narrowed)
    else:
        rows = paging.rows(call, Node.rows, wanted, narrowed)
    return paging.reply(call, _disclosed(call, rows), wanted, path)


def _disclosed(call: Call, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return the rows with the secrets decrypted that this client may see."""
    names = call.serialiser.disclosed_to(call.view)
    if not names or not rows:
        return rows
    asked = [{name: row[name] for name in ("uuid", *names)} for row in rows]
    decrypted = Node.disclosed(call.context, asked)
    return [{**row, **plain} for row, plain in zip(rows, decrypted, strict=True)]


def _may_match(call: Call, narrowed: dict[str, Any]) -> bool:
    """Convert the filters of the API to those of the objects, in place; False: no node can match them.

    :raises ChassisNotFound: the client may see chassis, and this one does not exist. For other clients no node matches.
    """
    chassis = narrowed.pop("chassis_uuid", None)
    if chassis is not None:
        try:
            narrowed["chassis_id"] = Chassis.get(call.context, chassis).id
        except exception.ChassisNotFound:
            if access.allows(call.context, "baremetal:chassis:get"):
                raise
            return False
    parent = narrowed.get("parent_node")
    if parent is not None:
        try:
            narrowed["parent_node"] = record_access.named_node(call.context, parent).uuid
        except exception.NodeNotFound:
            return False
        narrowed.pop("include_children", None)
    else:
        narrowed.setdefault("include_children", False)
    return True


def _served_by(
    call: Call, host: str, wanted: paging.Page, narrowed: dict[str, Any]
) -> Sequence[dict[str, Any]]:
    """Return the page of the nodes that ``host`` serves according to the hash ring.

    A query cannot use the hash ring, so this reads the keys of all matching nodes first.

    :raises HTTPForbidden: as ``paging.rows``.
    """
    paging.check_order(call, wanted)
    order: dict[str, Any] = {"sort_key": wanted.sort_key, "sort_dir": wanted.sort_dir}
    keys = Node.rows(
        call.context,
        NodeKey._fields,
        marker=wanted.marker,
        filters=narrowed,
        **order,
    )
    owner_of = call.view.conductor_of
    served = (key["uuid"] for key in keys if owner_of(NodeKey(**key)) == host)
    chosen = list(itertools.islice(served, wanted.limit))
    if not chosen:
        return []
    return Node.rows(call.context, wanted.columns, filters={"uuid_in": chosen}, **order)
