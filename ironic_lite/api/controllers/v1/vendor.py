# SPDX-License-Identifier: Apache-2.0
"""Vendor methods of a node and of a hardware type."""

from typing import Any

import webob

from ironic_lite.api import replies
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed, on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.objects.node import Node


@on_node("node:vendor_passthru", Form(reply=replies.VENDOR_METHODS))
def node_methods(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/vendor_passthru/methods``"""
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_node_vendor_passthru_methods(call.context, node.uuid))


def call_node(call: Call, node: Node, body: Any, method: str | None = None) -> webob.Response:
    """Any HTTP method of ``/v1/nodes/{node}/vendor_passthru/{method}``, also ``?method=``"""
    name, arguments = _checked(method, body)
    answer = call.conductors.of(node).vendor_passthru(
        call.context, node.uuid, name, call.request.method, arguments
    )
    return _reply(call, answer)


@allowed("driver:vendor_passthru", Form(reply=replies.VENDOR_METHODS))
def driver_methods(call: Call, driver: str) -> webob.Response:
    """``GET /v1/drivers/{driver}/vendor_passthru/methods``"""
    conductor = call.conductors.serving(driver)
    return call.reply(conductor.get_driver_vendor_passthru_methods(call.context, driver))


def call_driver(call: Call, driver: str, body: Any, method: str | None = None) -> webob.Response:
    """Any HTTP method of ``/v1/drivers/{driver}/vendor_passthru/{method}``, also ``?method=``"""
    conductor = call.conductors.serving(driver)
    name, arguments = _checked(method, body)
    answer = conductor.driver_vendor_passthru(
        call.context, driver, name, call.request.method, arguments
    )
    return _reply(call, answer)


def _checked(method: str | None, body: Any) -> tuple[str, dict[str, Any]]:
    """Return the name of a vendor method, and its arguments."""
    if not method:
        raise exception.MissingParameterValue("Missing mandatory parameter: method")
    if not isinstance(body, dict):
        raise exception.InvalidParameterValue(
            "The body of a vendor method must be an object: it holds the method's arguments."
        )
    return method, body


def _reply(call: Call, answer: dict[str, Any]) -> webob.Response:
    status = 202 if answer["async"] else 200
    value = answer["return"]
    if value is None:
        return call.empty(status)
    if answer["attach"]:
        return call.attachment(str(value))
    return call.reply(value, status)
