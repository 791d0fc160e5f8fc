# SPDX-License-Identifier: Apache-2.0
"""The indicators (lamps) of a server. Their identifier is ``name@component``, such as ``led@system``."""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.view import quoted
from ironic_lite.common import exception

STATE = types.body_class(
    "IndicatorState", {"state": types.Word("on", "off", "blinking")}, mandatory=["state"]
)


def index(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/management/indicators``"""
    node = record_access.node(call, ident, "baremetal:node:get_indicator_state")
    # Ironic accepts this argument and ignores it.
    component = call.query().get("component")
    supported = call.conductors.of(node).get_supported_indicators(call.context, node.uuid)
    rows = []
    for part, indicators in sorted(supported.items()):
        if component not in (None, part):
            continue
        for name, about in sorted(indicators.items()):
            unique = f"{name}@{part}"
            path = f"nodes/{node.uuid}/management/indicators/{quoted(unique)}"
            rows.append(
                {"name": unique, "component": part, **about, "links": call.view.links(path)}
            )
    return call.reply({"indicators": rows})


def show(call: Call, ident: str, unique: str) -> webob.Response:
    """``GET /v1/nodes/{node}/management/indicators/{name@component}``"""
    node = record_access.node(call, ident, "baremetal:node:get_indicator_state")
    call.query()
    name, component = _split(unique)
    state = call.conductors.of(node).get_indicator_state(call.context, node.uuid, component, name)
    return call.reply({"state": state})


def switch(call: Call, ident: str, unique: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/indicators/{name@component}``"""
    node = record_access.node(call, ident, "baremetal:node:set_indicator_state")
    state = call.arguments()["state"]
    if state is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: state")
    name, component = _split(unique)
    call.conductors.of(node).set_indicator_state(call.context, node.uuid, component, name, state)
    return call.empty(204)


def _split(unique: str) -> tuple[str, str]:
    name, at, component = unique.partition("@")
    if not (name and at and component):
        raise exception.InvalidParameterValue(f'Malformed indicator name "{unique[:64]}"')
    return name, component
