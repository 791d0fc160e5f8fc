# SPDX-License-Identifier: Apache-2.0
"""Nodes: list, create, show, change, delete, validate, maintenance."""

from typing import Any

import webob
from oslo_utils import uuidutils

from ironic_lite.api import access, filters, forms, replies, request_notifications, sizes, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import node_listing, node_update
from ironic_lite.api.controllers.v1.route_access import (
    New,
    OnNode,
    OnNodeByBody,
    OnNodeInQuery,
    OnNodeToDelete,
    on_node,
    operation,
)
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.node import NODE, check_name
from ironic_lite.common import states
from ironic_lite.objects.node import Node

_ENROLL_SINCE = 11

_ENROL = New(NODE, "baremetal:node:create", own="baremetal:node:create:self_owned_node")
MAINTENANCE = types.body_class("Maintenance", {"reason": types.LONG_TEXT})


def index(call: Call, own: str | None) -> webob.Response:
    """``GET /v1/nodes``"""
    return node_listing.reply(call, own, "nodes")


@on_node("node:get", forms.record(NODE))
def show(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}``"""
    return call.reply_tagged(call.shown(node), node)


@operation(_ENROL, forms.creation(NODE))
def create(call: Call, body: dict[str, Any]) -> webob.Response:
    """``POST /v1/nodes``"""
    check_name(body.get("name"))
    body["owner"] = access.owner_of_new("node", call.context, body.get("owner"))
    node_update.resolve_references(call, body)
    body.setdefault("uuid", uuidutils.generate_uuid())
    body.setdefault("conductor_group", "")
    body["provision_state"] = states.ENROLL if call.minor >= _ENROLL_SINCE else states.AVAILABLE
    node = Node(call.context, **body)
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "create"):
        created = conductor.create_node(call.context, node)
    return call.reply_tagged(call.shown(created), created, 201, call.url(f"nodes/{created.uuid}"))


@operation(
    OnNodeByBody(NODE.update_rules, NODE.all_update_rules),
    Form(
        query={"reset_interfaces": filters.Filter(types.BOOLEAN, 45)},
        query_first=True,
        body=forms.Patch(NODE),
        reply=NODE,
        asks=(node_update.PROVISIONED_OWNER,),
    ),
)
def update(
    call: Call, node: Node, body: list[dict[str, Any]], reset_interfaces: bool | None = None
) -> webob.Response:
    """``PATCH /v1/nodes/{node}``"""
    updated = node_update.patch(call, node, body, reset_interfaces)
    return call.reply_tagged(call.shown(updated), updated)


@operation(OnNodeToDelete(), Form(query_first=True, status=204))
def delete(call: Call, node: Node) -> webob.Response:
    """``DELETE /v1/nodes/{node}``"""
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "delete"):
        conductor.destroy_node(call.context, node.uuid)
    return call.empty(204)


@on_node("node:validate", Form(reply=replies.VALIDATION))
def validate(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/validate``: whether each interface has the settings that it needs."""
    return _validate(call, node)


@operation(
    OnNodeInQuery("baremetal:node:validate"),
    Form(
        query={"node": types.UUID_OR_NAME, "node_uuid": types.UUID},
        reply=replies.VALIDATION,
    ),
)
def validate_named(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/validate?node=``: the same at an older path, which clients still use."""
    return _validate(call, node)


def _validate(call: Call, node: Node) -> webob.Response:
    results = call.conductors.of(node).validate_driver_interfaces(call.context, node.uuid)
    return call.reply({name: _without_nulls(result) for name, result in results.items()})


def _without_nulls(result: dict[str, Any]) -> dict[str, Any]:
    if result.get("reason") is None:
        return {"result": result["result"]}
    return result


@operation(OnNode(NODE.rule_for("maintenance", True)), Form(body=MAINTENANCE, status=202))
def set_maintenance(call: Call, node: Node, reason: str | None = None) -> webob.Response:
    """``PUT /v1/nodes/{node}/maintenance``"""
    sizes.check("reason", reason)
    return _maintain(call, node, True, reason)


@operation(OnNode(NODE.rule_for("maintenance", False)), Form(status=202))
def unset_maintenance(call: Call, node: Node) -> webob.Response:
    """``DELETE /v1/nodes/{node}/maintenance``"""
    return _maintain(call, node, False, None)


def _maintain(call: Call, node: Node, wanted: bool, reason: str | None) -> webob.Response:
    for field, value in (("maintenance", wanted), ("maintenance_reason", reason)):
        setattr(node, field, value)
    conductor = call.conductors.of(node)
    with request_notifications.request(node, "maintenance_set"):
        conductor.update_node(call.context, node)
    return call.empty(202)
