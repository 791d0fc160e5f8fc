# SPDX-License-Identifier: Apache-2.0
"""A real Cinder: API, scheduler and volume service, with Keystone, RabbitMQ and MariaDB.

The storage behind it is a driver without disks (`cinder_backend.diskless`): a connection is a record with a target, a
LUN and a new CHAP password. A kernel iSCSI target is not part of the tests.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.functional.servers import wsgi_service
from tests.functional.servers.keystone import PASSWORD, Keystone
from tests.functional.servers.openstack_environment import CHECKOUT, Environment
from tests.functional.servers.process import ServerFailed, ServerProcess
from tests.waiting import PATIENCE, wait_for

_CONF = """\
[DEFAULT]
auth_strategy = keystone
transport_url = {transport}
state_path = {home}
api_paste_config = {environment}/etc/cinder/api-paste.ini
resource_query_filters_file = {environment}/etc/cinder/resource_filters.json
enabled_backends = diskless
default_volume_type = __DEFAULT__
host = cinder-1
quota_volumes = -1
quota_gigabytes = -1
periodic_interval = 5
report_interval = 2
rpc_response_timeout = 30
rootwrap_config = {environment}/etc/cinder/rootwrap.conf
[diskless]
volume_driver = tests.functional.servers.cinder_backend.diskless.DisklessDriver
volume_backend_name = diskless
[database]
connection = {database}
[keystone_authtoken]
auth_type = password
auth_url = {auth_url}
username = cinder
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
service_token_roles = service
service_token_roles_required = true
memcached_servers =
[oslo_concurrency]
lock_path = {home}/locks
[coordination]
backend_url = file://{home}/coordination
"""


@dataclass
class Cinder:
    """A running Cinder.

    :param url: its root, without a slash at the end.
    :param api: the API's process; :param volume: that of cinder-volume.
    """

    url: str
    home: Path
    keystone: Keystone
    api: wsgi_service.WSGIService
    volume: ServerProcess
    _tokens: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, project: str = "service") -> Any:
        """One request of the user `admin`, or in another project of the user of that project's name."""
        answer = self.request(method, path, body, project)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def request(
        self, method: str, path: str, body: Any = None, project: str = "service"
    ) -> requests.Response:
        """The answer to one request, whatever it is."""
        if project not in self._tokens:
            user = "cinder" if project == "service" else project
            token = self.keystone.token(user, project=project).headers["X-Subject-Token"]
            self._tokens[project] = token
        return requests.request(
            method,
            f"{self.url}/v3{path}",
            json=body,
            headers={
                "X-Auth-Token": self._tokens[project],
                "OpenStack-API-Version": "volume 3.67",
            },
            timeout=PATIENCE,
        )

    def create_volume(self, project: str = "service", **values: Any) -> str:
        """The id of a new volume that is available."""
        body = {"volume": {"size": 1, "volume_type": "__DEFAULT__", **values}}
        made: str = self.call("POST", "/volumes", body, project)["volume"]["id"]
        wait_for(
            lambda: self.show(made)["status"] == "available",
            "the volume to be available",
            describe=lambda: f"{self.show(made)}\n{self.volume.log_tail()}",
        )
        return made

    def show(self, volume: str) -> dict[str, Any]:
        """A volume as the administrator sees it."""
        shown: dict[str, Any] = self.call("GET", f"/volumes/{volume}")["volume"]
        return shown

    def attachments(self, volume: str) -> list[dict[str, Any]]:
        """The attachments of a volume."""
        query = f"/attachments/detail?all_tenants=1&volume_id={volume}"
        found: list[dict[str, Any]] = self.call("GET", query)["attachments"]
        return found

    def connections(self) -> set[str]:
        """The volumes that the storage exports at this moment."""
        return {path.name.partition("@")[0] for path in (self.home / "connections").iterdir()}

    def connector(self, volume: str) -> dict[str, Any]:
        """What the storage was told about the server that a volume is connected to."""
        (path,) = (self.home / "connections").glob(f"{volume}@*")
        told: dict[str, Any] = json.loads(path.read_text())
        return told

    def fail(self, **faults: str | float) -> None:
        """Make calls of the storage fail (a message) or take a time (seconds); without arguments none any more."""
        (self.home / "faults.json").write_text(json.dumps(faults))


def credentials(keystone: Keystone) -> dict[str, Any]:
    """The group `[cinder]` of ironic_lite's configuration."""
    return {
        "auth_type": "password",
        "auth_url": keystone.url,
        "username": "ironic",
        "password": PASSWORD,
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": "RegionOne",
    }


def _prepare_keystone(keystone: Keystone, url: str) -> None:
    existing = keystone.call("GET", "/projects?name=service")["projects"]
    project = existing[0]["id"] if existing else keystone.create_project("service")
    users = {user["name"] for user in keystone.call("GET", "/users")["users"]}
    for name in {"cinder", "ironic"} - users:
        keystone.create_user(name, "admin", project)
    for name in ("cinder", "ironic"):
        keystone.add_role(name, "service", project)
    keystone.register("block-storage", f"{url}/v3")


@contextmanager
def running(
    environment: Environment, home: Path, keystone: Keystone, database: str, transport: str
) -> Iterator[Cinder]:
    """A Cinder whose volume service is up, registered in the catalogue.

    Keystone gets a project `service` with the users `cinder` and `ironic`, if it does not have them.
    """
    # The WSGI application looks for its configuration below the home directory.
    (home / ".cinder").mkdir()
    path = home / ".cinder" / "cinder.conf"
    path.write_text(
        _CONF.format(
            home=home,
            environment=environment.directory,
            transport=transport,
            database=database,
            auth_url=keystone.url,
            password=PASSWORD,
        )
    )
    configuration = ["--config-file", str(path)]
    code = {"PYTHONPATH": str(CHECKOUT)}
    syncing = environment.process(
        "cinder-manage", ["cinder-manage", *configuration, "db", "sync"], home
    )
    syncing.start()
    if syncing.wait(300) != 0:
        raise ServerFailed(syncing.log_tail())
    api = wsgi_service.prepare(
        environment,
        "cinder-api",
        "cinder.wsgi.api",
        home,
        {"HOME": str(home)},
    )
    _prepare_keystone(keystone, api.url)
    scheduler, volume = (
        environment.process(name, [name, *configuration], home, code)
        for name in ("cinder-scheduler", "cinder-volume")
    )
    with ExitStack() as started:
        for process in (api.process, scheduler, volume):
            process.start()
            started.callback(process.stop)
        api.wait_until_it_answers()
        cinder = Cinder(api.url, home, keystone, api, volume)
        volume.wait_until(lambda: _is_up(cinder), "cinder-volume to be up", timeout=120)
        yield cinder


def _is_up(cinder: Cinder) -> bool:
    services = cinder.call("GET", "/os-services?binary=cinder-volume")["services"]
    return any(service["state"] == "up" for service in services)
