# SPDX-License-Identifier: Apache-2.0
"""Every request by every role, in the scope of the system and of the projects that own, lease or do not know a node.

``access_matrix.txt`` says what each of them gets. The requests pass the whole application in this process: users of
http_basic with a file of roles, and a conductor with the fake hardware behind.
"""

from typing import Any

import pytest

from ironic_lite.api.routes import V1
from tests.stories.access_requests import BODIES, GROUPS, ROLES, table
from tests.stories.access_service import COLUMNS, PLACEHOLDER, Service, user_of

ROWS = table()


@pytest.mark.parametrize(("request_", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_request(access_service: Service, request_: str, expected: tuple[int, ...]) -> None:
    method, path = request_.split(" ")[:2]
    got = []
    for (group, role), _ in zip(COLUMNS, expected, strict=True):
        project = GROUPS[group]
        body = access_service.fill(BODIES.get(request_), project)
        status, answer = access_service.ask(
            user_of(group, role), method, access_service.fill(path, project), body
        )
        got.append(status)
        access_service.records.tidy(method, path, status, answer)
    wrong = [
        f"{group} {role}: {status}, not {wanted}"
        for (group, role), status, wanted in zip(COLUMNS, got, expected, strict=True)
        if status != wanted
    ]
    assert not wrong, "\n".join([*wrong, _row(request_, got)])


def _row(request: str, cells: list[int]) -> str:
    """A line for the table."""
    groups = [cells[i : i + len(ROLES)] for i in range(0, len(cells), len(ROLES))]
    return f"{request}  " + " | ".join(" ".join(map(str, group)) for group in groups)


def test_table_has_every_route_and_no_other() -> None:
    told = {_shape(*row[0].split(" ")[:2]) for row in ROWS}
    routes = {
        _shape(method, f"/{route.path}") for route in V1.routes for method in route.operations
    }
    assert told == routes


def _shape(method: str, path: str) -> str:
    return f"{method} {PLACEHOLDER.sub('{}', path.partition('?')[0])}"


@pytest.mark.parametrize("route", V1.routes, ids=lambda route: route.path)
def test_credentials_are_wanted(access_service: Service, route: Any) -> None:
    """401 for all that is not public."""
    for method in route.operations:
        status, _ = access_service.ask(None, method, "/" + PLACEHOLDER.sub("x", route.path), None)
        assert (status == 401) == (not route.public), (method, status)
