# SPDX-License-Identifier: Apache-2.0
"""The traits of a node: its capabilities, by which clients select nodes."""

import webob

from ironic_lite.api import replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import DONE, Form
from ironic_lite.api.traits import TRAIT, TraitList
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

BODY = types.body_class("Traits", {"traits": TraitList()})


@on_node("node:traits:list", Form(query_first=True, reply=replies.TRAITS))
def index(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/traits``"""
    return call.reply({"traits": node.traits})


@on_node("node:traits:set", Form(body=BODY, status=204))
def replace(call: Call, node: Node, traits: list[str] | None = None) -> webob.Response:
    """``PUT /v1/nodes/{node}/traits``: replaces all traits."""
    wanted = all_of("node", traits)
    call.conductors.of(node).add_node_traits(call.context, node.id, wanted, replace=True)
    return call.empty(204)


@on_node("node:traits:set", DONE)
def add(call: Call, node: Node, trait: str) -> webob.Response:
    """``PUT /v1/nodes/{node}/traits/{trait}``"""
    check_one(call, trait)
    call.conductors.of(node).add_node_traits(call.context, node.id, [trait])
    return call.empty(204, call.url(f"nodes/{call.parts['node']}/traits/{trait}"))


@on_node("node:traits:delete", DONE)
def remove(call: Call, node: Node, trait: str | None = None) -> webob.Response:
    """``DELETE /v1/nodes/{node}/traits[/{trait}]``"""
    traits = None if trait is None else [trait]
    call.conductors.of(node).remove_node_traits(call.context, node.id, traits)
    return call.empty(204)


def all_of(what: str, traits: list[str] | None) -> list[str]:
    """Return the traits that a PUT sets.

    :param what: the kind of record whose traits they are.
    :raises Invalid: the body has none.
    """
    if traits is None:
        raise exception.Invalid(
            f"PUT .../traits takes a body with the list 'traits', which replaces all traits of the {what}; "
            "PUT .../traits/<trait> without a body adds one."
        )
    return traits


def check_one(call: Call, trait: str) -> None:
    """Check the trait in the path of a PUT.

    :raises InvalidParameterValue: it is not a trait.
    :raises Invalid: the request has a body.
    """
    types.check(TRAIT, "trait", trait)
    if call.document() != {}:
        raise exception.Invalid("No body is taken where one trait is added; it stands in the path.")
