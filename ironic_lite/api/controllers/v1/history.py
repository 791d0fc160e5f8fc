# SPDX-License-Identifier: Apache-2.0
"""The history of a node."""

import webob

from ironic_lite.api import forms, paging, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.history import HISTORY
from ironic_lite.common import exception
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_records import NodeHistory


@on_node(
    "node:history:get",
    Form(query={**forms.PAGING, "detail": types.BOOLEAN}, reply=forms.Page(HISTORY)),
)
def index(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/history``"""
    wanted = paging.page(call)
    rows = paging.rows(call, NodeHistory.rows, wanted, {"node_id": node.id})
    return paging.reply(call, rows, wanted, f"nodes/{node.uuid}/history")


@on_node("node:history:get", Form(reply=HISTORY))
def show(call: Call, node: Node, event: str) -> webob.Response:
    """``GET /v1/nodes/{node}/history/{uuid}``"""
    if not types.is_uuid(event):
        raise exception.NodeHistoryNotFound(history=event[:64])
    found = NodeHistory.get(call.context, event)
    if found.node_id != node.id:
        raise exception.NodeHistoryNotFound(history=event)
    return call.reply(call.shown(found))
