# SPDX-License-Identifier: Apache-2.0
"""Boot devices, and the injection of an NMI."""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.common import exception

ARGUMENTS: dict[str, types.Kind] = {"boot_device": types.TEXT, "persistent": types.BOOLEAN}
BOOT_DEVICE = types.body_class("BootDevice", ARGUMENTS)


NOTHING = types.body_class("Nothing", {})


def show_boot_device(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/management/boot_device``"""
    node = record_access.node(call, ident, "baremetal:node:get_boot_device")
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_boot_device(call.context, node.uuid))


def supported_boot_devices(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/management/boot_device/supported``"""
    node = record_access.node(call, ident, "baremetal:node:get_boot_device")
    conductor = call.conductors.of(node)
    devices = conductor.get_supported_boot_devices(call.context, node.uuid)
    return call.reply({"supported_boot_devices": devices})


def set_boot_device(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/boot_device``; the arguments come in the body or in the query."""
    node = record_access.node(call, ident, "baremetal:node:set_boot_device")
    query = call.query()
    arguments = {**query, **call.arguments()}
    device = arguments.get("boot_device")
    if device is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: boot_device")
    call.conductors.of(node).set_boot_device(
        call.context, node.uuid, device, persistent=bool(arguments.get("persistent"))
    )
    return call.empty(204)


def inject_nmi(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/inject_nmi``"""
    node = record_access.node(call, ident, "baremetal:node:inject_nmi")
    call.query()
    call.arguments()
    call.conductors.of(node).inject_nmi(call.context, node.uuid)
    return call.empty(204)
