# SPDX-License-Identifier: Apache-2.0
"""The log of a node's console, and tokens for its WebSocket. Not in Ironic's API."""

import datetime

import webob
from oslo_utils import timeutils

from ironic_lite.api import access, replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.consoles.streams import PREFIX
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

_FORCE = "baremetal:node:console:force"


@on_node(
    "node:console:log",
    Form(
        query={"since": types.TEXT, "until": types.TEXT, "position": types.INTEGER},
        reply=replies.CONSOLE_LOG,
    ),
)
def log(
    call: Call,
    node: Node,
    since: str | None = None,
    until: str | None = None,
    position: int | None = None,
) -> webob.Response:
    """``GET /v1/nodes/{node}/console/log``: what the server has printed, when, and during which operation.

    The answer has up to 256 KiB, and the ``position`` from which the next request goes on.
    """
    conductor = call.conductors.of(node)
    found = conductor.read_console_log(
        call.context,
        node.uuid,
        _position(position),
        _seconds("since", since),
        _seconds("until", until),
    )
    return call.reply(found)


@on_node("node:console:attach", Form(status=201, reply=replies.CONSOLE_TOKEN, asks=(_FORCE,)))
def create_token(call: Call, node: Node) -> webob.Response:
    """``POST /v1/nodes/{node}/console/token``: a token that lets the caller into the console's WebSocket once, soon."""
    context = call.context
    forces = access.allows(context, _FORCE, access.of_node(node.owner, node.lessee))
    user = context.user_name or context.user_id or "somebody"
    issued = call.conductors.of(node).issue_console_token(
        context, node.uuid, user, writes=True, forces=forces
    )
    path = f"{PREFIX}{node.uuid}"
    # http becomes ws, and https wss.
    url = call.base.removesuffix("/").removesuffix("/v1").replace("http", "ws", 1) + path
    return call.reply({**issued, "path": path, "url": url}, 201)


def _position(given: int | None) -> int:
    if given is not None and not 0 <= given < 2**63:
        raise exception.InvalidParameterValue("position must be one that an answer had.")
    return given or 0


def _seconds(name: str, given: str | None) -> float | None:
    if given is None:
        return None
    try:
        moment = timeutils.parse_isotime(given)
        return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp()
    except (ValueError, OverflowError):
        raise exception.InvalidParameterValue(
            f"{name} must be a time such as 2026-12-01T12:01:07Z."
        ) from None
