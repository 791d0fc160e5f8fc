# SPDX-License-Identifier: Apache-2.0
"""The indicators (lamps) of a server. Their identifier is ``name@component``, such as ``led@system``."""

import webob

from ironic_lite.api import replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.api.view import quoted
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

STATE = types.body_class(
    "IndicatorState", {"state": types.Word("on", "off", "blinking")}, mandatory=["state"]
)


@on_node(
    "node:get_indicator_state", Form(query={"component": types.TEXT}, reply=replies.INDICATORS)
)
def index(call: Call, node: Node, component: str | None = None) -> webob.Response:
    """``GET /v1/nodes/{node}/management/indicators``"""
    # Ironic accepts the argument and ignores it.
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


@on_node("node:get_indicator_state", Form(reply=replies.INDICATOR))
def show(call: Call, node: Node, indicator: str) -> webob.Response:
    """``GET /v1/nodes/{node}/management/indicators/{name@component}``"""
    name, component = _split(indicator)
    state = call.conductors.of(node).get_indicator_state(call.context, node.uuid, component, name)
    return call.reply({"state": state})


@on_node("node:set_indicator_state", Form(body=STATE, status=204))
def switch(call: Call, node: Node, indicator: str, state: str | None) -> webob.Response:
    """``PUT /v1/nodes/{node}/management/indicators/{name@component}``"""
    if state is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: state")
    name, component = _split(indicator)
    call.conductors.of(node).set_indicator_state(call.context, node.uuid, component, name, state)
    return call.empty(204)


def _split(unique: str) -> tuple[str, str]:
    name, at, component = unique.partition("@")
    if not (name and at and component):
        raise exception.InvalidParameterValue(f'Malformed indicator name "{unique[:64]}"')
    return name, component
