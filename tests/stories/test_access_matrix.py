# SPDX-License-Identifier: Apache-2.0
"""Every request by every role, in the scope of the system and of the projects that own, lease or do not know a node.

``access_matrix.txt`` says what each of them gets. The requests pass the whole application in this process: users of
http_basic with a file of roles, and a conductor with the fake hardware behind.
"""

import base64
import itertools
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import webob
import yaml

from ironic_lite.api.app import make_app
from ironic_lite.api.routes import V1
from ironic_lite.common import rpc
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from tests.options import overridden
from tests.stories.access_requests import BODIES, GROUPS, OWNER, ROLES, Records

TABLE = Path(__file__).with_name("access_matrix.txt")
COLUMNS = tuple(itertools.product(GROUPS, ROLES))
HOST = "one"
_PASSWORD = "secret"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

Row = tuple[str, tuple[int, ...]]


def _read() -> list[Row]:
    rows = []
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            request, _, cells = line.partition("  ")
            rows.append((request, tuple(int(cell) for cell in cells.replace("|", " ").split())))
    return rows


ROWS = _read()


def _user(group: str, role: str) -> str:
    return f"{group}-{role}"


class Service:
    """The application, and the records that requests are about."""

    def __init__(self) -> None:
        self._app = make_app()
        self.records = Records(lambda *request: self.ask(_user("system", "admin"), *request))
        self.records.known["hostname"] = HOST

    def ask(self, user: str | None, method: str, path: str, body: Any) -> tuple[int, Any]:
        """One request; returns the status and the decoded body."""
        request = webob.Request.blank(f"/v1{path}", method=method)
        request.headers["X-OpenStack-Ironic-API-Version"] = "latest"
        if user is not None:
            credentials = base64.b64encode(f"{user}:{_PASSWORD}".encode()).decode()
            request.headers["Authorization"] = f"Basic {credentials}"
        if body is not None:
            request.content_type, request.body = "application/json", json.dumps(body).encode()
        response = request.get_response(self._app)
        is_json = response.content_type == "application/json" and response.body
        return response.status_int, response.json if is_json else response.text

    def fill(self, value: Any, project: str | None) -> Any:
        """``{node}`` and the like, filled in."""
        if isinstance(value, str):
            value = value.replace("{project}", project or OWNER)
            return _PLACEHOLDER.sub(lambda found: self.records[found[1]], value)
        if isinstance(value, dict):
            return {key: self.fill(item, project) for key, item in value.items()}
        return [self.fill(item, project) for item in value] if isinstance(value, list) else value


def _options(directory: Path) -> dict[str, dict[str, object]]:
    users, roles = directory / "htpasswd", directory / "roles.yaml"
    entry = bcrypt.hashpw(_PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()
    users.write_text("".join(f"{_user(*column)}:{entry}\n" for column in COLUMNS))
    projects = {group: {"project_id": project} for group, project in GROUPS.items() if project}
    scopes: dict[str, Any] = {"system": {"system_scope": "all"}, **projects}
    roles.write_text(
        yaml.safe_dump(
            {_user(group, role): {"roles": [role], **scopes[group]} for group, role in COLUMNS}
        )
    )
    CONF([], project="test", default_config_files=[])
    rpc.register_options()
    return {
        "DEFAULT": {
            "transport_url": f"inprocess:///{uuid.uuid4().hex}",
            "auth_strategy": "http_basic",
            "http_basic_auth_user_file": str(users),
            "http_basic_roles_file": str(roles),
        },
        "database": {"connection": f"sqlite:///{directory}/db.sqlite"},
        "conductor": {"graceful_shutdown_timeout": 5},
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The application and a conductor in this process."""
    rpc.cleanup()
    engine.dispose()
    alarms: list[str] = []
    with overridden(_options(tmp_path_factory.mktemp("matrix"))):
        migration.upgrade()
        rpc.init()
        conductor = RPCService(HOST, alarms.append)
        conductor.start()
        yield Service()
        conductor.stop()
        rpc.cleanup()
        engine.dispose()
    assert not alarms


def _is_served(method: str, path: str) -> bool:
    found = V1.find(path.partition("?")[0].strip("/").split("/"))
    return found is not None and method in found[0].operations


@pytest.mark.parametrize(("request_", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_request(service: Service, request_: str, expected: tuple[int, ...]) -> None:
    method, path = request_.split(" ")[:2]
    if not _is_served(method, path):
        pytest.skip("no such route yet")
    got = []
    for (group, role), _ in zip(COLUMNS, expected, strict=True):
        project = GROUPS[group]
        body = service.fill(BODIES.get(request_), project)
        status, answer = service.ask(_user(group, role), method, service.fill(path, project), body)
        got.append(status)
        service.records.tidy(method, path, status, answer)
    wrong = [
        f"{group} {role}: {status}, not {wanted}"
        for (group, role), status, wanted in zip(COLUMNS, got, expected, strict=True)
        if status != wanted
    ]
    assert not wrong, "\n".join([*wrong, _row(request_, got)])


def _row(request: str, cells: list[int]) -> str:
    """A line for the table."""
    parts = itertools.batched(map(str, cells), len(ROLES)) if hasattr(itertools, "batched") else ()
    return f"{request:<58}" + " | ".join(" ".join(part) for part in parts)


def test_every_route_is_in_the_table() -> None:
    """And nothing without credentials."""
    told = {_shape(*row[0].split(" ")[:2]) for row in ROWS}
    routes = {
        _shape(method, f"/{route.path}") for route in V1.routes for method in route.operations
    }
    assert not routes - told


def _shape(method: str, path: str) -> str:
    return f"{method} {_PLACEHOLDER.sub('{}', path.partition('?')[0])}"


@pytest.mark.parametrize("route", V1.routes, ids=lambda route: route.path)
def test_credentials_are_wanted(service: Service, route: Any) -> None:
    """401 for all that is not public."""
    for method in route.operations:
        status, _ = service.ask(None, method, "/" + _PLACEHOLDER.sub("x", route.path), None)
        assert (status == 401) == (not route.public), (method, status)
