# SPDX-License-Identifier: Apache-2.0
"""Virtual media: images in the virtual drives of a server."""

from typing import Any
from urllib.parse import urlsplit

import webob

from ironic_lite.api import replies, schemas, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import DONE, Form
from ironic_lite.common import exception, outbound
from ironic_lite.objects.node import Node

SHOW_SINCE = 93
_DEVICES = ("disk", "cdrom", "floppy")

ATTACH = schemas.Body(
    "vmedia",
    {
        "type": "object",
        "properties": {
            "device_type": {"type": "string", "enum": list(_DEVICES)},
            "image_url": {"type": "string", "maxLength": 2048},
            # In Ironic, how the BMC gets the image. Here the BMC always gets the URL.
            "image_download_source": {"type": "string", "enum": ["http", "local", "swift"]},
        },
        "required": ["device_type", "image_url"],
        "additionalProperties": False,
    },
)


@on_node("node:vmedia:get", Form(reply=replies.VIRTUAL_MEDIA, since=SHOW_SINCE))
def show(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/vmedia``"""
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_virtual_media(call.context, node.uuid))


@on_node("node:vmedia:attach", Form(body=ATTACH, status=204))
def attach(call: Call, node: Node, body: dict[str, Any]) -> webob.Response:
    """``POST /v1/nodes/{node}/vmedia``"""
    _check_url(body["image_url"])
    call.conductors.of(node).attach_virtual_media(
        call.context, node.uuid, body["device_type"], body["image_url"]
    )
    return call.empty(204)


@on_node("node:vmedia:detach", Form(query={"device_types": types.CSV}, status=204))
def detach(call: Call, node: Node, device_types: list[str] | None = None) -> webob.Response:
    """``DELETE /v1/nodes/{node}/vmedia``"""
    return _detach(call, node, device_types)


@on_node("node:vmedia:detach", DONE)
def detach_one(call: Call, node: Node, device: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/vmedia/{device}``"""
    return _detach(call, node, [device])


def _detach(call: Call, node: Node, devices: list[str] | None) -> webob.Response:
    wrong = [name for name in devices or () if name not in _DEVICES]
    if wrong:
        raise exception.InvalidParameterValue(
            f"Invalid device type(s) {', '.join(wrong)[:128]} (valid are {', '.join(_DEVICES)})"
        )
    call.conductors.of(node).detach_virtual_media(call.context, node.uuid, devices or None)
    return call.empty(204)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise exception.InvalidParameterValue("image_url is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise exception.InvalidParameterValue(
            f"Unsupported or missing URL scheme: {parts.scheme[:32]}"
        )
    if not host:
        raise exception.InvalidParameterValue("image_url names no host")
    try:
        outbound.check_url(url, "image_url")
    except outbound.OutboundError as exc:
        raise exception.InvalidParameterValue(str(exc)) from None
