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
from tests.waiting import PATIENCE

USER = "glance"

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

    service: wsgi_service.WSGIService
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
    for name in ("images", "staging", "tasks"):
        (home / name).mkdir()
    configuration = home / "glance-api.conf"
    configuration.write_text(
        _CONF.format(
            home=home,
            database=database or f"sqlite:///{home}/glance.sqlite",
            identity=identity.url,
            user=USER,
            password=PASSWORD,
            project=project,
            paste=environment.directory / "etc" / "glance" / "glance-api-paste.ini",
        )
    )
    upgrade = environment.process(
        "glance-manage", ["glance-manage", "--config-file", str(configuration), "db_sync"], home
    )
    upgrade.start()
    if upgrade.wait(180) != 0:
        raise ServerFailed(upgrade.log_tail())
    variables = {"OS_GLANCE_CONFIG_DIR": str(home)}
    with wsgi_service.running(
        environment, "glance", "glance.wsgi.api", home, variables, threads=8
    ) as service:
        identity.register("image", service.url)
        yield Glance(service, identity)
