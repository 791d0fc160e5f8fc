# SPDX-License-Identifier: Apache-2.0
"""What a boot service (DHCP, TFTP, boot files) saw of servers: for the journals of their nodes. Not in Ironic's API."""

import time
from typing import Any

import webob

from ironic_lite.api import schemas
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import Form
from ironic_lite.common import boot_stages, exception
from ironic_lite.objects import boot_notes
from ironic_lite.objects.node import Node

_MOST_EVENTS = 1000
_TOO_OLD = 300
"""Seconds after which an event says nothing about the present boot: the boot service could not reach the API."""

EVENTS = schemas.Body(
    None,
    {
        "type": "object",
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": _MOST_EVENTS,
                "items": {
                    "type": "object",
                    "properties": {
                        "mac": {"type": "string", "format": "mac-address"},
                        "kind": {
                            "type": "string",
                            "enum": [kind.value for kind in boot_stages.BootEvent],
                        },
                        "time": {"type": "number"},
                        "detail": {
                            "type": "object",
                            "maxProperties": 16,
                            "additionalProperties": {"type": "string", "maxLength": 512},
                        },
                    },
                    "required": ["mac", "kind"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["events"],
        "additionalProperties": False,
    },
)


@allowed("boot_events:post", Form(body=EVENTS, status=204))
def report(call: Call, body: dict[str, Any]) -> webob.Response:
    """``POST /v1/boot_events``: events by MAC address; those of servers without a node are ignored.

    ``time`` is in seconds since the epoch, by default now; ``detail`` has texts such as ``address`` and ``boot_file``.
    """
    nodes: dict[str, int | None] = {}
    for event in body["events"]:
        mac = event["mac"].lower()
        if event.get("time", time.time()) < time.time() - _TOO_OLD:
            continue
        if mac not in nodes:
            nodes[mac] = _node(call, mac)
        node_id = nodes[mac]
        if node_id is not None:
            _note(call, node_id, event)
    return call.empty(204)


def _node(call: Call, mac: str) -> int | None:
    try:
        found: int = Node.get_by_port_addresses(call.context, [mac]).id
    except exception.NodeNotFound:
        return None
    return found


def _note(call: Call, node_id: int, event: dict[str, Any]) -> None:
    declared = boot_stages.EVENTS[event["kind"]]
    detail = event.get("detail") or {}
    details = ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in sorted(detail.items()))
    text = f"{declared.meaning} ({details})" if details else declared.meaning
    boot_notes.note(call.context, node_id, declared.stage.name, declared.outcome, text)
