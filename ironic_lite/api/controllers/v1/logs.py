# SPDX-License-Identifier: Apache-2.0
"""The logs of ramdisks that were collected from a node's server. Not in Ironic's API.

The node's journal lists them; the conductor that collected them has the files.
"""

import base64
from typing import Any

import webob

from ironic_lite.api import replies
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_journal import NodeJournal

Row = dict[str, Any]

MEDIA = "application/gzip"


@on_node("node:logs:get", Form(reply=replies.LOGS))
def index(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/logs``: the logs that were collected, the newest first; and failures to collect some."""
    entries = NodeJournal.rows(call.context, node.id, sort_dir="desc", kinds=[terms.LOGS])
    return call.reply({"logs": [_shown(entry) for entry in entries]})


@on_node("node:logs:get", Form(reply={"type": "string", "format": "binary"}, media=MEDIA))
def show(call: Call, node: Node, logs: str) -> webob.Response:
    """``GET /v1/nodes/{node}/logs/{id}``: a gzipped tar archive.

    :raises NodeLogsNotFound: when there are no such logs, or not any more.
    :raises ServiceUnavailable: when the conductor that has them is not alive.
    """
    entries = NodeJournal.rows(call.context, node.id, kinds=[terms.LOGS])
    entry = next((one for one in entries if str(one["id"]) == logs and one["subject"]), None)
    if entry is None:
        raise exception.NodeLogsNotFound(name=logs[:64])
    name = str(entry["subject"])
    reply = call.empty(200)
    reply.body = _fetched(call, str(entry["conductor"]), name)
    reply.content_type = MEDIA
    reply.content_disposition = f'attachment; filename="{name}"'
    return reply


def _fetched(call: Call, host: str, name: str) -> bytes:
    if not any(one.hostname == host and one.alive for one in Conductor.list(call.context)):
        raise exception.ServiceUnavailable(
            err=f"Conductor '{host}', which has the logs, is not alive; try again when it is."
        )
    conductor, content = call.conductors.named(host), b""
    while True:
        part = conductor.read_ramdisk_logs(call.context, name, len(content))
        data = base64.b64decode(part["data"])
        content += data
        if not data or len(content) >= part["size"]:
            return content


def _shown(entry: Row) -> Row:
    return {
        "id": entry["id"] if entry["subject"] else None,
        "name": entry["subject"],
        "created_at": entry["created_at"],
        "conductor": entry["conductor"],
        "operation": entry["operation"],
        "state": entry["state"],
        "detail": entry["detail"],
    }
