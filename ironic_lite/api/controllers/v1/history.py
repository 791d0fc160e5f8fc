# SPDX-License-Identifier: Apache-2.0
"""The history of a node."""

import webob

from ironic_lite.api import paging, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.api.resources.history import HISTORY
from ironic_lite.common import exception
from ironic_lite.objects.node_records import NodeHistory

_RULE = "baremetal:node:history:get"


def index(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/history``"""
    node = record_access.node(call, ident, _RULE)
    query = call.query()
    serialise = paging.serialiser(call, query, HISTORY, ROW)
    wanted = paging.page(query, HISTORY, call.minor)
    rows = paging.rows(call, NodeHistory.rows, serialise, wanted, {"node_id": node.id})
    return paging.reply(call, HISTORY, rows, serialise, wanted, f"nodes/{node.uuid}/history")


def show(call: Call, ident: str, event: str) -> webob.Response:
    """``GET /v1/nodes/{node}/history/{uuid}``"""
    node = record_access.node(call, ident, _RULE)
    call.query()
    if not types.is_uuid(event):
        raise exception.NodeHistoryNotFound(history=event[:64])
    found = NodeHistory.get(call.context, event)
    if found.node_id != node.id:
        raise exception.NodeHistoryNotFound(history=event)
    serialise = HISTORY.serialiser(call.minor, None, DETAIL)
    return call.reply(record_access.show(call, found, serialise))
