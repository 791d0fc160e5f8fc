# SPDX-License-Identifier: Apache-2.0
"""Virtual network interfaces (VIFs) of a node's instance."""

from typing import Any

import webob

from ironic_lite.api import schemas, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.common import exception

_PLACE_SINCE = 67
_PLACES = ("port_uuid", "portgroup_uuid")

# Clients may send more properties of a VIF; the network interface gets all of them.
VIF = schemas.Body(
    "vif", {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
)


def index(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/vifs``"""
    node = record_access.node(call, ident, "baremetal:node:vif:list")
    call.query()
    conductor = call.conductors.of(node)
    return call.reply({"vifs": conductor.vif_list(call.context, node.uuid)})


def attach(call: Call, ident: str) -> webob.Response:
    """``POST /v1/nodes/{node}/vifs``"""
    node = record_access.node(call, ident, "baremetal:node:vif:attach")
    call.query()
    vif = call.arguments()
    types.check(types.UUID_OR_NAME, "id", vif["id"])
    if call.minor >= _PLACE_SINCE:
        _check_place(vif)
    call.conductors.of(node).vif_attach(call.context, node.uuid, vif)
    return call.empty(204)


def _check_place(vif: dict[str, Any]) -> None:
    if all(vif.get(place) for place in _PLACES):
        raise exception.Invalid("Cannot specify both port_uuid and portgroup_uuid")
    for place in _PLACES:
        types.check(types.UUID, place, vif.get(place))


def detach(call: Call, ident: str, vif_id: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/vifs/{vif}``"""
    node = record_access.node(call, ident, "baremetal:node:vif:detach")
    call.query()
    types.check(types.UUID_OR_NAME, "vif_id", vif_id)
    call.conductors.of(node).vif_detach(call.context, node.uuid, vif_id)
    return call.empty(204)


def missing_ident(call: Call, ident: str) -> webob.Response:
    """DELETE of the collection, which is an error."""
    record_access.node(call, ident, "baremetal:node:vif:detach")
    raise exception.InvalidParameterValue("Missing mandatory parameter: vif_id")
