# SPDX-License-Identifier: Apache-2.0
"""Virtual media: images in the virtual drives of a server."""

from urllib.parse import urlsplit

import webob

from ironic_lite.api import schemas
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.common import exception, outbound

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


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/vmedia``"""
    node = record_access.node(call, ident, "baremetal:node:vmedia:get")
    if call.minor < SHOW_SINCE:
        raise exception.NotFound()
    call.query()
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_virtual_media(call.context, node.uuid))


def attach(call: Call, ident: str) -> webob.Response:
    """``POST /v1/nodes/{node}/vmedia``"""
    node = record_access.node(call, ident, "baremetal:node:vmedia:attach")
    call.query()
    wanted = call.arguments()
    _check_url(wanted["image_url"])
    call.conductors.of(node).attach_virtual_media(
        call.context, node.uuid, wanted["device_type"], wanted["image_url"]
    )
    return call.empty(204)


def detach(call: Call, ident: str, device: str | None = None) -> webob.Response:
    """``DELETE /v1/nodes/{node}/vmedia?device_types=``, also ``/vmedia/{device}``"""
    node = record_access.node(call, ident, "baremetal:node:vmedia:detach")
    if device is None:
        devices = call.query().get("device_types")
    else:
        call.query()
        devices = [device]
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
