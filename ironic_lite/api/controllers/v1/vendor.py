# SPDX-License-Identifier: Apache-2.0
"""Vendor methods of a node and of a hardware type."""

from typing import Any

import webob

from ironic_lite.api import access
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.common import exception

_NODE = "baremetal:node:vendor_passthru"
_DRIVER = "baremetal:driver:vendor_passthru"


def node_methods(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/vendor_passthru/methods``"""
    node = record_access.node(call, ident, _NODE)
    call.query()
    conductor = call.conductors.of(node)
    return call.reply(conductor.get_node_vendor_passthru_methods(call.context, node.uuid))


def call_node(call: Call, ident: str, method: str | None = None) -> webob.Response:
    """Any HTTP method of ``/v1/nodes/{node}/vendor_passthru/{method}``, also ``?method=``"""
    node = record_access.node(call, ident, _NODE)
    answer = call.conductors.of(node).vendor_passthru(
        call.context, node.uuid, _named(call, method), call.request.method, _arguments(call)
    )
    return _reply(call, answer)


def driver_methods(call: Call, driver: str) -> webob.Response:
    """``GET /v1/drivers/{driver}/vendor_passthru/methods``"""
    access.authorize(call.context, _DRIVER)
    call.query()
    conductor = call.conductors.serving(driver)
    return call.reply(conductor.get_driver_vendor_passthru_methods(call.context, driver))


def call_driver(call: Call, driver: str, method: str | None = None) -> webob.Response:
    """Any HTTP method of ``/v1/drivers/{driver}/vendor_passthru/{method}``, also ``?method=``"""
    access.authorize(call.context, _DRIVER)
    answer = call.conductors.serving(driver).driver_vendor_passthru(
        call.context, driver, _named(call, method), call.request.method, _arguments(call)
    )
    return _reply(call, answer)


def _named(call: Call, method: str | None) -> str:
    if method is not None:
        call.query()
        return method
    method = call.query().get("method")
    if not method:
        raise exception.MissingParameterValue("Missing mandatory parameter: method")
    return method


def _arguments(call: Call) -> dict[str, Any]:
    document = call.document()
    if not isinstance(document, dict):
        raise exception.InvalidParameterValue(
            "The body of a vendor method must be an object: it holds the method's arguments."
        )
    return document


def _reply(call: Call, answer: dict[str, Any]) -> webob.Response:
    status = 202 if answer["async"] else 200
    value = answer["return"]
    if value is None:
        return call.empty(status)
    if answer["attach"]:
        return call.attachment(str(value))
    return call.reply(value, status)
