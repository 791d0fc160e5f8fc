# SPDX-License-Identifier: Apache-2.0
"""Groups of nodes: shards, by which clients divide the nodes, and the children of a node."""

import webob

from ironic_lite.api import access
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.objects.node import Node


def shards(call: Call) -> webob.Response:
    """``GET /v1/shards``: the number of nodes in each shard; null is the name for nodes without a shard."""
    access.authorize(call.context, "baremetal:shards:get")
    call.query()
    return call.reply({"shards": Node.shards(call.context)})


def children(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/children``: the UUIDs of the node's children."""
    node = record_access.node(call, ident, "baremetal:node:get")
    call.query()
    filters = {"parent_node": node.uuid}
    access.narrow(filters, access.listing(call.context, "node"))
    rows = Node.rows(call.context, ("uuid",), filters=filters)
    link = {"href": call.url(f"nodes?parent_node={node.uuid}"), "rel": "children"}
    return call.reply({"children": [row["uuid"] for row in rows], "links": link})
