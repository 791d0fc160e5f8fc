# SPDX-License-Identifier: Apache-2.0
"""Nodes: list, create, show, change, delete, validate, maintenance."""

from typing import Any

import webob
from oslo_utils import uuidutils

from ironic_lite.api import access, paging, request_notifications, sizes, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import node_listing, node_update, record_access
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.api.resources.node import NODE, check_name
from ironic_lite.common import exception, states
from ironic_lite.objects.node import Node

_ENROLL_SINCE = 11

MAINTENANCE = types.body_class("Maintenance", {"reason": types.LONG_TEXT})


def index(call: Call) -> webob.Response:
    """``GET /v1/nodes``"""
    return node_listing.reply(call, ROW, "nodes")


def details(call: Call) -> webob.Response:
    """``GET /v1/nodes/detail``"""
    return node_listing.reply(call, DETAIL, "nodes/detail")


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, NODE, DETAIL)
    node = record_access.node(call, ident, "baremetal:node:get")
    return call.reply_tagged(record_access.show(call, node, serialise), node)


def create(call: Call) -> webob.Response:
    """``POST /v1/nodes``"""
    access.authorize_enrolment(call.context)
    document = call.document()
    record_access.authorize_values(call, NODE, document)
    call.query()
    values = call.new(document)
    check_name(values.get("name"))
    values["owner"] = access.owner_of_new_node(call.context, values.get("owner"))
    node_update.resolve_references(call, values)
    values.setdefault("uuid", uuidutils.generate_uuid())
    values.setdefault("conductor_group", "")
    values["provision_state"] = states.ENROLL if call.minor >= _ENROLL_SINCE else states.AVAILABLE
    node = Node(call.context, **values)
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "create"):
        created = conductor.create_node(call.context, node)
    shown = record_access.show(call, created, NODE.serialiser(call.minor, None, DETAIL))
    return call.reply_tagged(shown, created, 201, call.url(f"nodes/{created.uuid}"))


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/nodes/{node}``"""
    query = call.query()
    document = call.document(lambda: record_access.node(call, ident))
    node = record_access.node(call, ident, *NODE.update_rules(document))
    reset = query.get("reset_interfaces")
    updated = node_update.patch(call, node, document, reset)
    document = record_access.show(call, updated, NODE.serialiser(call.minor, None, DETAIL))
    return call.reply_tagged(document, updated)


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}``"""
    call.query()
    node = record_access.node(call, ident)
    access.authorize_deletion(call.context, record_access.target(node))
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "delete"):
        conductor.destroy_node(call.context, node.uuid)
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: node_ident")


def validate(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/validate``: whether each interface has the settings that it needs."""
    node = record_access.node(call, ident, "baremetal:node:validate")
    results = call.conductors.of(node).validate_driver_interfaces(call.context, node.uuid)
    return call.reply({name: _without_nulls(result) for name, result in results.items()})


def validate_named(call: Call) -> webob.Response:
    """``GET /v1/nodes/validate?node=``: the same at an older path, which clients still use."""
    query = call.query()
    ident = query.get("node_uuid") or query.get("node")
    if ident is None:
        raise exception.InvalidParameterValue("Expected a logical name or UUID but received None.")
    return validate(call, ident)


def _without_nulls(result: dict[str, Any]) -> dict[str, Any]:
    if result.get("reason") is None:
        return {"result": result["result"]}
    return result


def set_maintenance(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/maintenance``"""
    node = record_access.node(call, ident, NODE.rule_for("maintenance", True))
    reason = call.arguments().get("reason")
    sizes.check("reason", reason)
    return _maintain(call, node, True, reason)


def unset_maintenance(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/maintenance``"""
    node = record_access.node(call, ident, NODE.rule_for("maintenance", False))
    return _maintain(call, node, False, None)


def _maintain(call: Call, node: Node, wanted: bool, reason: str | None) -> webob.Response:
    for field, value in (("maintenance", wanted), ("maintenance_reason", reason)):
        setattr(node, field, value)
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "maintenance_set"):
        conductor.update_node(call.context, node)
    return call.empty(202)
