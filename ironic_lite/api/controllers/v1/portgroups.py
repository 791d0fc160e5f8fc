# SPDX-License-Identifier: Apache-2.0
"""Port groups: list, create, show, change, delete; those of one node, and the ports in one."""

from typing import Any

import webob

from ironic_lite.api import access, filters, paging, request_notifications, types
from ironic_lite.api import patch as json_patch
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Portgroup

_STORED = tuple(PORTGROUP.patchable)


def index(call: Call) -> webob.Response:
    """``GET /v1/portgroups``"""
    own = access.listing(call.context, "portgroup")
    return _list(call, call.query(), ROW, "portgroups", own=own)


def details(call: Call) -> webob.Response:
    """``GET /v1/portgroups/detail``"""
    own = access.listing(call.context, "portgroup")
    return _list(call, call.query(), DETAIL, "portgroups/detail", own=own)


def of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/portgroups``"""
    node = record_access.node(call, ident, "baremetal:node:get")
    path = f"nodes/{node.uuid}/portgroups"
    return _list(call, call.query(), ROW, path, node)


def details_of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/portgroups/detail``"""
    node = record_access.node(call, ident, "baremetal:node:get")
    path = f"nodes/{node.uuid}/portgroups/detail"
    return _list(call, call.query(), DETAIL, path, node)


def _list(
    call: Call,
    query: dict[str, Any],
    view: str,
    path: str,
    node: Node | None = None,
    own: str | None = None,
) -> webob.Response:
    serialise = paging.serialiser(call, query, PORTGROUP, view)
    wanted = paging.page(query, PORTGROUP, call.minor)
    narrowed = filters.check(query, call.form.query, call.minor)
    access.narrow(narrowed, own)
    named = narrowed.pop("node", None)
    if named is not None:
        node = record_access.named_node(call.context, named)
    if node is not None:
        narrowed["node_id"] = node.id
    groups = narrowed.pop("conductor_groups", None)
    if groups:
        narrowed["conductor_group_in"] = groups
    rows = paging.rows(call, Portgroup.rows, serialise, wanted, narrowed)
    return paging.reply(call, PORTGROUP, rows, serialise, wanted, path)


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/portgroups/{portgroup}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, PORTGROUP, DETAIL)
    group = record_access.portgroup(call, ident, "baremetal:portgroup:get")
    return call.reply(record_access.show(call, group, serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/portgroups``"""
    body = call.document(
        lambda: record_access.authorize_any_part(call, "baremetal:portgroup:create")
    )
    record_access.authorize_new_part(call, body, "baremetal:portgroup:create")
    call.query()
    values = call.new(body)
    ident = values.pop("node_uuid")
    _check_name(values.get("name"))
    if values.get("mode") is None:
        values["mode"] = CONF.default_portgroup_mode
    node = concurrent_changes.named_node(call.context, ident)
    group = Portgroup(call.context, node_id=node.id, **values)
    with request_notifications.request(group, "create", node_uuid=node.uuid):
        group.create()
    document = record_access.show(call, group, PORTGROUP.serialiser(call.minor, None, DETAIL))
    return call.reply(document, 201, call.url(f"portgroups/{group.uuid}"))


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/portgroups/{portgroup}``"""
    group = record_access.portgroup(call, ident, "baremetal:portgroup:update")
    call.query()
    operations = call.patch(call.document())
    # A port group always has a node: removing it changes nothing, as in Ironic.
    operations = [op for op in operations if (op["op"], op["path"]) != ("remove", "/node_uuid")]
    updated = concurrent_changes.until_settled(group, lambda: _apply(call, group, operations))
    return call.reply(
        record_access.show(call, updated, PORTGROUP.serialiser(call.minor, None, DETAIL))
    )


def _check_name(name: Any) -> None:
    """Check a name, which may be a UUID as in Ironic; the port group is found by its own UUID only."""
    if name and not types.is_uuid(name):
        record_access.check_name("portgroup", name)


def _apply(call: Call, group: Portgroup, operations: list[dict[str, Any]]) -> Portgroup:
    before = {name: getattr(group, name) for name in _STORED}
    changes = json_patch.apply(PORTGROUP, operations, before)
    _check_name(changes.get("name"))
    expected = {name: before[name] for name in changes}
    wanted = changes.pop("node_uuid", None)
    node = concurrent_changes.node_of_part(
        call.context, group, changes, wanted, "baremetal:portgroup:create"
    )
    for name, value in changes.items():
        setattr(group, name, value)
    conductor = call.conductors.of(node)
    with request_notifications.request(group, "update"):
        return conductor.update_portgroup(call.context, group, expected=expected)


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/portgroups/{portgroup}``"""
    call.query()
    group = record_access.portgroup(call, ident, "baremetal:portgroup:delete")
    node = Node.get_by_id(call.context, group.node_id)
    with request_notifications.request(group, "delete"):
        call.conductors.of(node).destroy_portgroup(call.context, group)
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: portgroup_ident")
