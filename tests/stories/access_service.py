# SPDX-License-Identifier: Apache-2.0
"""A service for the stories of access: users of http_basic with a file of roles, and a conductor with fake hardware.

Everything runs in this process; requests pass the whole application, and no socket.
"""

import base64
import itertools
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import webob
import yaml

from ironic_lite.api.app import make_app
from ironic_lite.common import rpc
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from tests.options import overridden
from tests.stories.access_requests import GROUPS, OWNER, ROLES, Records
from tests.waiting import wait_for

COLUMNS = tuple(itertools.product(GROUPS, ROLES))
HOST = "one"
_only_one = threading.Lock()
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PASSWORD = "secret"


def user_of(group: str, role: str) -> str:
    return f"{group}-{role}"


class Service:
    """The application, and the records that requests are about."""

    def __init__(self) -> None:
        self._app = make_app()
        self.records = Records(lambda *request: self.ask(user_of("system", "admin"), *request))
        self.records.known["hostname"] = HOST

    def ask(self, user: str | None, method: str, path: str, body: Any) -> tuple[int, Any]:
        """One request; returns the status and the decoded body.

        On a busy machine a check of a password may not begin in time; then the request is sent again, as clients do.
        """
        request = webob.Request.blank(f"/v1{path}", method=method)
        request.headers["X-OpenStack-Ironic-API-Version"] = "latest"
        if user is not None:
            credentials = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
            request.headers["Authorization"] = f"Basic {credentials}"
        if body is not None:
            request.content_type, request.body = "application/json", json.dumps(body).encode()

        def checked() -> webob.Response | None:
            answer = request.copy().get_response(self._app)
            return None if answer.status_int == 429 else answer

        response = wait_for(checked, "the password to be checked", interval=0.5)
        is_json = response.content_type == "application/json" and response.body
        return response.status_int, response.json if is_json else response.text

    def fill(self, value: Any, project: str | None) -> Any:
        """``{node}`` and the like, filled in."""
        if isinstance(value, str):
            value = value.replace("{project}", project or OWNER)
            return PLACEHOLDER.sub(lambda found: self.records[found[1]], value)
        if isinstance(value, dict):
            return {key: self.fill(item, project) for key, item in value.items()}
        return [self.fill(item, project) for item in value] if isinstance(value, list) else value


def user_options(directory: Path) -> dict[str, object]:
    """Users of http_basic, of every role in every relation to a node; returns the options of ``[DEFAULT]``."""
    users, roles = directory / "htpasswd", directory / "roles.yaml"
    entry = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()
    users.write_text("".join(f"{user_of(*column)}:{entry}\n" for column in COLUMNS))
    projects = {group: {"project_id": project} for group, project in GROUPS.items() if project}
    scopes: dict[str, Any] = {"system": {"system_scope": "all"}, **projects}
    roles.write_text(
        yaml.safe_dump(
            {user_of(group, role): {"roles": [role], **scopes[group]} for group, role in COLUMNS}
        )
    )
    return {
        "auth_strategy": "http_basic",
        "http_basic_auth_user_file": str(users),
        "http_basic_roles_file": str(roles),
    }


def _options(directory: Path) -> dict[str, dict[str, object]]:
    CONF([], project="test", default_config_files=[])
    rpc.register_options()
    return {
        "DEFAULT": {
            "transport_url": f"inprocess:///{uuid.uuid4().hex}",
            **user_options(directory),
        },
        "database": {"connection": f"sqlite:///{directory}/db.sqlite"},
        # A request may meet the lock of the one before it.
        "conductor": {
            "graceful_shutdown_timeout": 5,
            "node_locked_retry_attempts": 200,
            "node_locked_retry_interval": 0.02,
        },
    }


@contextmanager
def running(
    directory: Path, options: dict[str, dict[str, object]] | None = None
) -> Iterator[Service]:
    """The application and a conductor in this process.

    A process has options, a database and a transport for one of them. So a module that runs one does not use the
    fixture `access_service` too, which lasts as long as its module.

    :param options: more of them, or others.
    """
    assert _only_one.acquire(blocking=False), "another service of this kind runs in this process"
    try:
        yield from _run(directory, options)
    finally:
        _only_one.release()


def _run(directory: Path, options: dict[str, dict[str, object]] | None) -> Iterator[Service]:
    rpc.cleanup()
    engine.dispose()
    alarms: list[str] = []
    with overridden(_options(directory)), overridden(options or {}):
        migration.upgrade()
        rpc.init()
        conductor = RPCService(HOST, alarms.append)
        conductor.start()
        try:
            yield Service()
        finally:
            conductor.stop()
            rpc.cleanup()
            engine.dispose()
    assert not alarms
