# SPDX-License-Identifier: Apache-2.0
"""Boot devices, and the injection of an NMI."""

import webob

from ironic_lite.api import replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

ARGUMENTS: dict[str, types.Kind] = {"boot_device": types.TEXT, "persistent": types.BOOLEAN}
BOOT_DEVICE = types.body_class("BootDevice", ARGUMENTS)

NOTHING = types.body_class("Nothing", {})


@on_node("node:get_boot_device", Form(reply=replies.BOOT_DEVICE))
def show_boot_device(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/management/boot_device``"""
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_boot_device(call.context, node.uuid))


@on_node("node:get_boot_device", Form(reply=replies.SUPPORTED_BOOT_DEVICES))
def supported_boot_devices(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/management/boot_device/supported``"""
    conductor = call.conductors.of(node)
    devices = conductor.get_supported_boot_devices(call.context, node.uuid)
    return call.reply({"supported_boot_devices": devices})


@on_node("node:set_boot_device", Form(query=ARGUMENTS, body=BOOT_DEVICE, status=204))
def set_boot_device(
    call: Call, node: Node, boot_device: str | None = None, persistent: bool | None = None
) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/boot_device``; the arguments come in the body or in the query."""
    if boot_device is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: boot_device")
    call.conductors.of(node).set_boot_device(
        call.context, node.uuid, boot_device, persistent=bool(persistent)
    )
    return call.empty(204)


@on_node("node:inject_nmi", Form(body=NOTHING, status=204))
def inject_nmi(call: Call, node: Node) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/inject_nmi``"""
    call.conductors.of(node).inject_nmi(call.context, node.uuid)
    return call.empty(204)
