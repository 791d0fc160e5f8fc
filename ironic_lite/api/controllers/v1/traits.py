# SPDX-License-Identifier: Apache-2.0
"""The traits of a node: its capabilities, by which clients select nodes."""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.traits import TRAIT, TraitList
from ironic_lite.common import exception
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.objects.node import Node

BODY = types.body_class("Traits", {"traits": TraitList()})


def index(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/traits``"""
    call.query()
    node = record_access.node(call, ident, "baremetal:node:traits:list")
    return call.reply({"traits": node.traits})


def replace(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/traits``: replaces all traits."""
    node = record_access.node(call, ident, "baremetal:node:traits:set")
    call.query()
    traits = call.arguments().get("traits")
    if traits is None:
        raise exception.Invalid(
            "PUT .../traits takes a body with the list 'traits', which replaces all traits of the node; "
            "PUT .../traits/<trait> without a body adds one."
        )
    _conductor(call, node).add_node_traits(call.context, node.id, traits, replace=True)
    return call.empty(204)


def add(call: Call, ident: str, trait: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/traits/{trait}``"""
    node = record_access.node(call, ident, "baremetal:node:traits:set")
    call.query()
    types.check(TRAIT, "trait", trait)
    if call.document() != {}:
        raise exception.Invalid("No body is taken where one trait is added; it stands in the path.")
    _conductor(call, node).add_node_traits(call.context, node.id, [trait])
    return call.empty(204, call.url(f"nodes/{ident}/traits/{trait}"))


def remove_all(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/traits``"""
    node = record_access.node(call, ident, "baremetal:node:traits:delete")
    call.query()
    _conductor(call, node).remove_node_traits(call.context, node.id, None)
    return call.empty(204)


def remove(call: Call, ident: str, trait: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/traits/{trait}``"""
    node = record_access.node(call, ident, "baremetal:node:traits:delete")
    call.query()
    _conductor(call, node).remove_node_traits(call.context, node.id, [trait])
    return call.empty(204)


def _conductor(call: Call, node: Node) -> ConductorCalls:
    return call.conductors.of(node)
