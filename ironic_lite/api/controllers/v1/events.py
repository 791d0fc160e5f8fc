# SPDX-License-Identifier: Apache-2.0
"""Events that other services report. They are checked and acknowledged, and have no effect."""

import logging

import webob

from ironic_lite.api import access, schemas
from ironic_lite.api.call import Call

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


def report(call: Call) -> webob.Response:
    """``POST /v1/events``"""
    access.authorize(call.context, "baremetal:events:post")
    call.query()
    for event in call.arguments()["events"]:
        LOG.debug("Event %s of port %s", event["event"], event["port_id"])
    return call.empty(204)
