# SPDX-License-Identifier: Apache-2.0
"""The states of a node: reading them, and asking for a power or provision state."""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import finding, provisioning
from ironic_lite.api.resources.fields import DETAIL
from ironic_lite.api.resources.node import STATES
from ironic_lite.common import exception, states
from ironic_lite.objects.node import Node

_SOFT_SINCE = 27
_SOFT = (states.SOFT_POWER_OFF, states.SOFT_REBOOT)

_POWER = types.body_class(
    "PowerTarget", {"target": types.TEXT, "timeout": types.INTEGER}, mandatory=["target"]
)


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/states``"""
    call.query({})
    serialise = STATES.serialiser(call.minor, None, DETAIL)
    node = finding.node(call, ident, "baremetal:node:get_states")
    return call.reply(finding.show(call, node, serialise))


def show_console(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/states/console``"""
    node = finding.node(call, ident, "baremetal:node:get_console")
    return call.reply({"console_enabled": node.console_enabled, "console_info": None})


def set_power(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/power``"""
    node = finding.node(call, ident, "baremetal:node:set_power_state")
    arguments = call.arguments(_POWER)
    target, timeout = arguments["target"], arguments.get("timeout")
    if call.minor < _SOFT_SINCE and (target in _SOFT or timeout is not None):
        raise exception.NotAcceptable()
    if timeout is not None and timeout < 1:
        raise exception.Invalid("timeout has to be positive integer")
    cleaning = node.provision_state in (states.CLEANING, states.CLEANWAIT)
    if target not in states.POWER_TARGETS or cleaning:
        state = node.provision_state if cleaning else node.power_state
        raise exception.InvalidStateRequested(action=target, node=node.uuid, state=state)
    call.conductors.change_node_power_state(
        call.context, node.uuid, target, call.conductors.get_topic_for(node), timeout=timeout
    )
    return _accepted(call, node)


def set_provision(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/provision``"""
    node = finding.node(call, ident, "baremetal:node:set_provision_state")
    provisioning.request(call, node)
    return _accepted(call, node)


def _accepted(call: Call, node: Node) -> webob.Response:
    return call.empty(202, call.url(f"nodes/{node.uuid}/states"))
