# SPDX-License-Identifier: Apache-2.0
"""A real Glance: SQLite, images as files, tokens of a real Keystone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.functional.servers import wsgi_service
from tests.functional.servers.keystone import PASSWORD, Keystone
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.process import ServerFailed, ServerProcess
from tests.functional.servers.wsgi_service import WSGIService
from tests.waiting import PATIENCE

USER = "glance"
_FILE = "glance-api.conf"

_CONF = """\
[DEFAULT]
enabled_backends = fs:file
[database]
connection = {database}
[glance_store]
default_backend = fs
[fs]
filesystem_store_datadir = {home}/images
[os_glance_staging_store]
filesystem_store_datadir = {home}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {home}/tasks
[keystone_authtoken]
www_authenticate_uri = {identity}
auth_url = {identity}
auth_type = password
username = {user}
password = {password}
project_name = {project}
user_domain_name = Default
project_domain_name = Default
service_token_roles = service
service_token_roles_required = true
[paste_deploy]
flavor = keystone
config_file = {paste}
"""


@dataclass
class Glance:
    """A running Glance, registered in the catalogue of its Keystone."""

    service: WSGIService
    identity: Keystone

    @property
    def url(self) -> str:
        """Its root, without a slash at the end."""
        return self.service.url

    @property
    def process(self) -> ServerProcess:
        """Its process, which tests may stop, pause and start again."""
        return self.service.process

    def call(
        self, token: str, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        """One request; `path` starts at /v2. An error status is raised."""
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = requests.request(
            method,
            f"{self.url}{path}",
            headers={"X-Auth-Token": token, **headers},
            timeout=PATIENCE,
            **data,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def create(self, token: str, **fields: Any) -> str:
        """Create an image that has no data yet, and return its id."""
        described = {"name": "image", "disk_format": "raw", "container_format": "bare", **fields}
        made: str = self.call(token, "POST", "/v2/images", described).json()["id"]
        return made

    def upload(self, token: str, content: bytes, **fields: Any) -> str:
        """Create an image with data, and return its id."""
        image = self.create(token, **fields)
        kind = {"Content-Type": "application/octet-stream"}
        self.call(token, "PUT", f"/v2/images/{image}/file", content, **kind)
        return image

    def show(self, token: str, image: str) -> dict[str, Any]:
        """Return the image as Glance shows it."""
        shown: dict[str, Any] = self.call(token, "GET", f"/v2/images/{image}").json()
        return shown


@contextmanager
def running(
    environment: Environment,
    identity: Keystone,
    project: str,
    home: Path,
    database: str | None = None,
) -> Iterator[Glance]:
    """A Glance that answers; stopped at the end.

    :param project: name of an existing project for its user, which is created with the roles admin and service.
    :param home: an existing directory.
    :param database: URL of an empty database; None: SQLite.
    """
    projects = identity.call("GET", f"/projects?name={project}")["projects"]
    identity.create_user(USER, "service", projects[0]["id"])
    identity.add_role(USER, "admin", projects[0]["id"])
    database = database or f"sqlite:///{home}/glance.sqlite"
    service = prepare(environment, home, identity.url, project, database)
    upgrade = environment.process("glance-manage", schema_command(home), home)
    upgrade.start()
    if upgrade.wait(180) != 0:
        raise ServerFailed(upgrade.log_tail())
    service.process.start()
    try:
        service.wait_until_it_answers()
        identity.register("image", service.url)
        yield Glance(service, identity)
    finally:
        service.process.stop()


def prepare(
    environment: Environment, home: Path, identity_url: str, project: str, database: str
) -> WSGIService:
    """Return a Glance that is not yet started; its user has the roles admin and service in the project.

    :param home: an existing directory.
    :param database: URL; `schema_command` makes the schema.
    """
    for name in ("images", "staging", "tasks"):
        (home / name).mkdir()
    (home / _FILE).write_text(
        _CONF.format(
            home=home,
            database=database,
            identity=identity_url,
            user=USER,
            password=PASSWORD,
            project=project,
            paste=environment.directory / "etc" / "glance" / "glance-api-paste.ini",
        )
    )
    variables = {"OS_GLANCE_CONFIG_DIR": str(home)}
    return wsgi_service.prepare(
        environment, "glance", "glance.wsgi.api", home, variables, threads=8
    )


def schema_command(home: Path) -> list[str]:
    """Return the command that makes the schema, after `prepare`."""
    return ["glance-manage", "--config-file", str(home / _FILE), "db_sync"]
