# SPDX-License-Identifier: Apache-2.0
"""Virtual network interfaces (VIFs) of a node's instance."""

from typing import Any

import webob

from ironic_lite.api import replies, schemas, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import DONE, Form
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

_PLACE_SINCE = 67
_PLACES = ("port_uuid", "portgroup_uuid")

# Clients may send more properties of a VIF; the network interface gets all of them.
VIF = schemas.Body(
    "vif", {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
)


@on_node("node:vif:list", Form(reply=replies.VIFS))
def index(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/vifs``"""
    conductor = call.conductors.of(node)
    return call.reply({"vifs": conductor.vif_list(call.context, node.uuid)})


@on_node("node:vif:attach", Form(body=VIF, status=204))
def attach(call: Call, node: Node, body: dict[str, Any]) -> webob.Response:
    """``POST /v1/nodes/{node}/vifs``"""
    types.check(types.UUID_OR_NAME, "id", body["id"])
    if call.minor >= _PLACE_SINCE:
        _check_place(body)
    call.conductors.of(node).vif_attach(call.context, node.uuid, body)
    return call.empty(204)


def _check_place(vif: dict[str, Any]) -> None:
    if all(vif.get(place) for place in _PLACES):
        raise exception.Invalid("Cannot specify both port_uuid and portgroup_uuid")
    for place in _PLACES:
        types.check(types.UUID, place, vif.get(place))


@on_node("node:vif:detach", DONE)
def detach(call: Call, node: Node, vif: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/vifs/{vif}``"""
    types.check(types.UUID_OR_NAME, "vif_id", vif)
    call.conductors.of(node).vif_detach(call.context, node.uuid, vif)
    return call.empty(204)
