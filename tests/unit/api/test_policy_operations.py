# SPDX-License-Identifier: Apache-2.0
"""The sample policy file names existing routes only, and each route has a rule."""

import re
from collections.abc import Iterator

from ironic_lite.api import routes
from ironic_lite.api.routing import Route
from ironic_lite.common import policies

_OLD_ORDER = re.compile(r"nodes/(states|maintenance|management/boot_device)(/\w+)?/\{node\}$")
"""Paths of before, each of which is another one in other words."""


def _route(path: str) -> Route | None:
    """Return the route of a path in the form of the rules: ``/nodes/{node_ident}/vifs?x={y}``."""
    segments = [segment for segment in path.partition("?")[0].split("/") if segment]
    found = routes.find(["~" if segment.startswith("{") else segment for segment in segments])
    return found[0] if found else None


def _named() -> Iterator[tuple[str, str, str]]:
    """Yield rule, method and path of every operation of every rule."""
    for rule in policies.list_rules():
        for operation in getattr(rule, "operations", ()):
            yield rule.name, operation["method"], operation["path"]


def test_rules_name_routes_that_there_are() -> None:
    missing = []
    for name, method, path in _named():
        route = _route(path)
        if route is None or method not in route.operations:
            missing.append((name, method, path))
    assert missing == []


def test_every_route_is_named_by_a_rule() -> None:
    ruled = {(method, route.path) for _, method, path in _named() if (route := _route(path))}
    assert ruled
    unnamed = [
        (method, route.path)
        for _, table in routes.TABLES
        for route in table.routes
        for method, operation in route.operations.items()
        if not route.public and operation.form.status is not None
        if (method, route.path) not in ruled and not _OLD_ORDER.match(route.path)
    ]
    assert unnamed == []
