# SPDX-License-Identifier: Apache-2.0
"""Events that Neutron reports about ports. A conductor that waits for such a port looks at it at once."""

import logging
from typing import Any

import oslo_messaging
import webob

from ironic_lite.api import schemas
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

LOG = logging.getLogger(__name__)

EVENTS = schemas.Body(
    None,
    {
        "type": "object",
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "items": {
                    "type": "object",
                    "properties": {
                        "event": {
                            "type": "string",
                            "enum": [
                                "network.bind_port",
                                "network.unbind_port",
                                "network.delete_port",
                            ],
                        },
                        "port_id": {"type": "string", "format": "uuid"},
                        "mac_address": {"type": "string", "format": "mac-address"},
                        "status": {"type": "string"},
                        "device_id": {"type": ["string", "null"], "format": "uuid"},
                        "binding:host_id": {"type": ["string", "null"], "format": "uuid"},
                        "binding:vnic_type": {"type": ["string", "null"]},
                    },
                    "required": ["event", "port_id", "mac_address", "status"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["events"],
        "additionalProperties": False,
    },
)


@allowed("events:post", Form(body=EVENTS, status=204))
def report(call: Call, body: dict[str, Any]) -> webob.Response:
    """``POST /v1/events``"""
    of_nodes = set()
    for event in body["events"]:
        LOG.debug("Event %s of port %s", event["event"], event["port_id"])
        # A port that is not bound has no host; those of the service name their node as its device, too.
        node = event.get("binding:host_id") or event.get("device_id")
        if node:
            of_nodes.add((node, event["port_id"]))
    for node, port_id in of_nodes:
        _pass_on(call, node, port_id)
    return call.empty(204)


def _pass_on(call: Call, ident: str, port_id: str) -> None:
    """Report the port to its node's conductor. Waiting work also polls without events, so a failure is only logged."""
    try:
        node = Node.get(call.context, ident)
        call.conductors.of(node).port_reported(call.context, node.uuid, port_id)
    except (
        exception.NodeNotFound,
        exception.TemporaryFailure,
        oslo_messaging.MessagingException,
    ) as exc:
        LOG.debug("The event of port %s is not passed on: %s", port_id, exc)
