# SPDX-License-Identifier: Apache-2.0
"""Groups of nodes: shards, by which clients divide the nodes, and the children of a node."""

import webob

from ironic_lite.api import access, replies
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed, on_node
from ironic_lite.api.forms import Form
from ironic_lite.objects.node import Node


@allowed("shards:get", Form(reply=replies.SHARDS))
def shards(call: Call) -> webob.Response:
    """``GET /v1/shards``: the number of nodes in each shard; null is the name for nodes without a shard."""
    return call.reply({"shards": Node.shards(call.context)})


@on_node("node:get", Form(reply=replies.CHILDREN))
def children(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/children``: the UUIDs of the node's children."""
    filters = {"parent_node": node.uuid}
    access.narrow(filters, access.listing(call.context, "node"))
    rows = Node.rows(call.context, ("uuid",), filters=filters)
    link = {"href": call.url(f"nodes?parent_node={node.uuid}"), "rel": "children"}
    return call.reply({"children": [row["uuid"] for row in rows], "links": link})
