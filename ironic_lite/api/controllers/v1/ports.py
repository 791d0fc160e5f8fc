# SPDX-License-Identifier: Apache-2.0
"""Ports: list, create, show, change, delete; and the ports of one node or port group."""

from typing import Any

import webob

from ironic_lite.api import access, filters, paging, request_notifications
from ironic_lite.api import patch as json_patch
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.api.resources.port import PORT
from ironic_lite.common import exception
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port

_GROUP_NETWORKS_SINCE = 102

_STORED = tuple(name for name in PORT.patchable if name != "node_ident")


def index(call: Call) -> webob.Response:
    """``GET /v1/ports``"""
    own = access.listing(call.context, "port")
    return _list(call, call.query(), ROW, "ports", own)


def details(call: Call) -> webob.Response:
    """``GET /v1/ports/detail``"""
    own = access.listing(call.context, "port")
    return _list(call, call.query(), DETAIL, "ports/detail", own)


def of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/ports``"""
    node = record_access.node(call, ident, "baremetal:node:get")
    query = call.query()
    return _list(call, {**query, "node_uuid": node.uuid}, ROW, f"nodes/{node.uuid}/ports")


def details_of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/ports/detail``"""
    node = record_access.node(call, ident, "baremetal:node:get")
    query = call.query()
    path = f"nodes/{node.uuid}/ports/detail"
    return _list(call, {**query, "node_uuid": node.uuid}, DETAIL, path)


def of_portgroup(call: Call, ident: str) -> webob.Response:
    """``GET /v1/portgroups/{portgroup}/ports``"""
    group = record_access.portgroup(call, ident, "baremetal:portgroup:get")
    query = call.query()
    return _list(call, {**query, "portgroup": group.uuid}, ROW, f"portgroups/{group.uuid}/ports")


def details_of_portgroup(call: Call, ident: str) -> webob.Response:
    """``GET /v1/portgroups/{portgroup}/ports/detail``"""
    group = record_access.portgroup(call, ident, "baremetal:portgroup:get")
    query = call.query()
    path = f"portgroups/{group.uuid}/ports/detail"
    return _list(call, {**query, "portgroup": group.uuid}, DETAIL, path)


def _list(
    call: Call, query: dict[str, Any], view: str, path: str, own: str | None = None
) -> webob.Response:
    serialise = paging.serialiser(call, query, PORT, view)
    wanted = paging.page(query, PORT, call.minor)
    narrowed = filters.check(query, call.form.query, call.minor)
    access.narrow(narrowed, own)
    group = narrowed.pop("portgroup", None)
    if group is not None:
        narrowed["portgroup_id"] = record_access.portgroup(call, group).id
    node = narrowed.pop("node", None) or narrowed.get("node_uuid")
    if node is not None:
        narrowed["node_uuid"] = record_access.named_node(call.context, node).uuid
    groups = narrowed.pop("conductor_groups", None)
    if groups:
        narrowed["conductor_group_in"] = groups
    rows = paging.rows(call, Port.rows, serialise, wanted, narrowed)
    return paging.reply(call, PORT, rows, serialise, wanted, path)


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/ports/{port}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, PORT, DETAIL)
    port = record_access.port(call, ident, "baremetal:port:get")
    return call.reply_tagged(record_access.show(call, port, serialise), port)


def create(call: Call) -> webob.Response:
    """``POST /v1/ports``"""
    body = call.document(lambda: record_access.authorize_any_part(call, "baremetal:port:create"))
    record_access.authorize_new_part(call, body, "baremetal:port:create")
    call.query()
    values = call.new(body)
    given = [values.pop(name, None) for name in ("node_uuid", "node_ident")]
    if given.count(None) != 1:
        raise exception.InvalidParameterValue(
            "Schema error for port: either 'node_uuid' or 'node_ident' is a required property"
        )
    ident = given[0] or given[1]
    node = concurrent_changes.named_node(call.context, ident)
    _resolve_portgroup(call, values)
    port = Port(call.context, node_id=node.id, **values)
    conductor = call.conductors.of(node)
    with request_notifications.request(port, "create", node_uuid=node.uuid):
        created = conductor.create_port(call.context, port)
    document = record_access.show(call, created, PORT.serialiser(call.minor, None, DETAIL))
    return call.reply_tagged(document, created, 201, call.url(f"ports/{created.uuid}"))


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/ports/{port}``"""
    port = record_access.port(call, ident, "baremetal:port:update")
    call.query()
    operations = call.patch(call.document())
    updated = concurrent_changes.until_settled(port, lambda: _apply(call, port, operations))
    document = record_access.show(call, updated, PORT.serialiser(call.minor, None, DETAIL))
    return call.reply_tagged(document, updated)


def _apply(call: Call, port: Port, operations: list[dict[str, Any]]) -> Port:
    before: dict[str, Any] = {name: getattr(port, name) for name in _STORED}
    before["node_ident"] = None
    changes = json_patch.apply(PORT, operations, before)
    _check_network(call, port, changes)
    expected = {name: before[name] for name in changes if name != "node_ident"}
    _resolve_portgroup(call, changes)
    # A port always has a node: removing it changes nothing, as in Ironic.
    wanted = changes.pop("node_uuid", None) or changes.pop("node_ident", None)
    changes.pop("node_ident", None)
    node = concurrent_changes.node_of_part(
        call.context, port, changes, wanted, "baremetal:port:create"
    )
    if wanted is not None:
        expected["node_id"] = port.node_id
    for name, value in changes.items():
        setattr(port, name, value)
    conductor = call.conductors.of(node)
    with request_notifications.request(port, "update"):
        return conductor.update_port(call.context, port, expected=expected)


def _check_network(call: Call, port: Port, changes: dict[str, Any]) -> None:
    """Check a change of the physical network of a port in a port group.

    :raises Conflict: at microversions before port groups had networks. Later ones compare the networks of both.
    """
    stays = port.portgroup_id is not None and "portgroup_uuid" not in changes
    if stays and "physical_network" in changes and call.minor < _GROUP_NETWORKS_SINCE:
        raise exception.Conflict(
            f"Port {port.uuid} is in a port group, whose ports have to be in one physical network."
        )


def _resolve_portgroup(call: Call, values: dict[str, Any]) -> None:
    """Replace the UUID of a port group by its id.

    :raises Invalid: there is no such port group that the client may see.
    """
    if "portgroup_uuid" not in values:
        return
    uuid = values.pop("portgroup_uuid")
    try:
        values["portgroup_id"] = uuid and record_access.portgroup(call, uuid).id
    except exception.PortgroupNotFound as exc:
        raise exception.Invalid(exc.message) from None


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/ports/{port}``"""
    call.query()
    port = record_access.port(call, ident, "baremetal:port:delete")
    node = Node.get_by_id(call.context, port.node_id)
    with request_notifications.request(port, "delete"):
        call.conductors.of(node).destroy_port(call.context, port)
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: port_ident")
