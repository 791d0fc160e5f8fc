# SPDX-License-Identifier: Apache-2.0
"""The declarations of the routes agree with their handlers, with the access rules and with each other."""

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite.api import documented_rules, forms, routes, schemas
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import route_access
from ironic_lite.api.routing import Operation, Route
from ironic_lite.common import policies
from ironic_lite.objects.node import Node

Found = tuple[Route, str, Operation]

_UNUSED = {"baremetal:allocation:create_pre_rbac"}
"""Rules that exist only so that old policy files stay valid."""


def _operations() -> Iterator[Found]:
    for _, table in routes.TABLES:
        for route in table.routes:
            for method, operation in route.operations.items():
                if operation.form.status is not None:
                    yield route, method, operation


ALL = [
    pytest.param(*found, id=f"{found[1]} {found[0].path}".replace("/", "_"))
    for found in _operations()
]


def _records(route: Route, operation: Operation) -> dict[str, Any]:
    """Return the arguments that path and access give to the handler, with their types."""
    given: dict[str, Any] = dict.fromkeys(route.variables, str)
    match operation.access:
        case route_access.Listing():
            given["own"] = str | None
        case route_access.OnNodeInQuery():
            given["node"] = Node
        case None | route_access.Allowed():
            pass
        case route_access.OnNode() | route_access.OnNodeByBody():
            assert given.pop("node") is str
            given["node"] = Node
        case access if access.rules and given:
            # The record of the first variable part.
            del given[route.variables[0]]
            given["record"] = Any
    return given


def _arguments(operation: Operation) -> dict[str, bool]:
    """Return the arguments from query and body, and whether the handler always gets them."""
    form = operation.form
    given: dict[str, bool] = {}
    if not isinstance(form.reply, forms.Page):
        given = dict.fromkeys(form.query, False)
    for chosen in ("fields", "detail"):
        given.pop(chosen, None)
    if isinstance(operation.access, route_access.OnNodeInQuery):
        del given["node"], given["node_uuid"]
    match form.body:
        case None | forms.Unread() | forms.Bytes():
            pass
        case type():
            order: tuple[str, ...] = form.body._wsme_attr_order  # type: ignore[attr-defined]
            given |= {name: getattr(form.body, name).mandatory for name in order}
        case _:
            given["body"] = True
    return given


@pytest.mark.parametrize(("route", "method", "operation"), ALL)
def test_handler_takes_what_its_route_gives(
    route: Route, method: str, operation: Operation
) -> None:
    signature = inspect.signature(operation.handler)
    types = typing.get_type_hints(operation.handler)
    call, *parameters = signature.parameters.values()
    assert types[call.name] is Call
    records, arguments = _records(route, operation), _arguments(operation)
    assert not set(records) & set(arguments), "two arguments with one name"
    given = {**dict.fromkeys(records, True), **arguments}
    rest = [each for each in parameters if each.kind is each.VAR_KEYWORD]
    taken = {each.name: each for each in parameters if each not in rest}
    missing = set(given) - set(taken)
    assert not missing or rest, f"{operation.handler} does not take {missing}"
    for name, parameter in taken.items():
        if name not in given:
            assert parameter.default is not parameter.empty, f"nothing gives {name}"
        elif not given[name]:
            assert parameter.default is not parameter.empty, f"{name} may be left out"
    for name in set(records) & set(taken):
        wanted = types[name]
        if records[name] is Node or records[name] is str:
            assert records[name] in (typing.get_args(wanted) or (wanted,)), name


def test_bodies_are_of_the_declared_kinds() -> None:
    """An open body, whose names clients choose, is one argument: it cannot replace a record."""
    for route, method, operation in _operations():
        body = operation.form.body
        if isinstance(body, (schemas.Body, dict)):
            assert _arguments(operation)["body"], (method, route.path)


def test_rules_of_routes_exist() -> None:
    known = {rule.name for rule in policies.list_rules()}
    asked = documented_rules.operations()
    assert set(asked) <= known
    parts = {rule for rule in known if not rule.startswith("baremetal:")}
    assert known - set(asked) - parts == _UNUSED


def test_routes_that_are_not_public_ask_a_rule() -> None:
    open_to_all = [
        (method, route.path)
        for route, method, operation in _operations()
        if not (route.public or operation.rules)
    ]
    assert open_to_all == []


def test_variables_of_a_path_have_different_names() -> None:
    for _, table in routes.TABLES:
        for route in table.routes:
            assert len(set(route.variables)) == len(route.variables), route.path


def test_a_rule_lists_the_operations_that_ask_it() -> None:
    asked = documented_rules.operations()
    assert asked["baremetal:node:vif:attach"] == [{"method": "POST", "path": "/nodes/{node}/vifs"}]
    # Rules of fields, and rules that depend on values.
    change = {"method": "PATCH", "path": "/nodes/{node}"}
    assert change in asked["baremetal:node:update:owner"]
    assert change in asked["baremetal:node:update_owner_provisioned"]
    assert {"method": "GET", "path": "/nodes/{node}"} in asked["baremetal:node:get:last_error"]
