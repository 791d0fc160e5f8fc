# SPDX-License-Identifier: Apache-2.0
"""A real Keystone: SQLite, Fernet tokens, its own WSGI application behind cheroot."""

import functools
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from tests.functional.servers.openstack_environment import CACHE
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerFailed, ServerProcess
from tests.waiting import PATIENCE

PASSWORD = "of-the-tests"

_CONF = """\
[DEFAULT]
log_dir =
[database]
connection = sqlite:///{home}/keystone.sqlite
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = {home}/fernet-keys
[fernet_receipts]
key_repository = {home}/fernet-keys
[identity]
password_hash_rounds = 4
[cache]
enabled = false
"""


# Keystone reads the command line of the process that imports it.
_SERVE = """\
import sys
port = int(sys.argv.pop())
from cheroot.wsgi import Server
from keystone.wsgi.api import application
Server(("127.0.0.1", port), application).start()
"""


@dataclass
class Keystone:
    """A running Keystone with its administrator ``admin``."""

    url: str

    def token(
        self, user: str, project: str | None = None, system: bool = False
    ) -> requests.Response:
        """The answer to a request for a token in the scope of a project or of the system."""
        domain = {"id": "default"}
        identity = {"user": {"name": user, "domain": domain, "password": PASSWORD}}
        scope: Any = (
            {"system": {"all": True}}
            if system
            else {"project": {"name": project, "domain": domain}}
        )
        auth = {"identity": {"methods": ["password"], "password": identity}, "scope": scope}
        answer = requests.post(f"{self.url}/auth/tokens", json={"auth": auth}, timeout=PATIENCE)
        answer.raise_for_status()
        return answer

    @functools.cached_property
    def _admin_token(self) -> str:
        return self.token("admin", system=True).headers["X-Subject-Token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request by the administrator of the system."""
        answer = requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"X-Auth-Token": self._admin_token},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def create_project(self, name: str) -> str:
        """Its id."""
        project = {"name": name, "domain_id": "default"}
        made: str = self.call("POST", "/projects", {"project": project})["project"]["id"]
        return made

    def create_user(self, name: str, role: str, project: str | None = None) -> None:
        """A user with one role: in the project of this id, or in the system."""
        user = {"name": name, "password": PASSWORD, "domain_id": "default"}
        self.call("POST", "/users", {"user": user})
        self.add_role(name, role, project)

    def add_role(self, name: str, role: str, project: str | None = None) -> None:
        """Give a user one more role: in the project of this id, or in the system."""
        user_id = self.call("GET", f"/users?name={name}")["users"][0]["id"]
        role_id = self.call("GET", f"/roles?name={role}")["roles"][0]["id"]
        where = f"/projects/{project}" if project else "/system"
        self.call("PUT", f"{where}/users/{user_id}/roles/{role_id}")

    def register(self, kind: str, url: str, interfaces: Sequence[str] = ("public",)) -> None:
        """An entry of the catalogue: where clients find a service of this type."""
        service = {"type": kind, "name": kind}
        service_id = self.call("POST", "/services", {"service": service})["service"]["id"]
        for interface in interfaces:
            endpoint = {
                "service_id": service_id,
                "interface": interface,
                "url": url,
                "region_id": "RegionOne",
            }
            self.call("POST", "/endpoints", {"endpoint": endpoint})


def _manage(home: Path, *arguments: str) -> None:
    program = str(Path(sys.executable).with_name("keystone-manage"))
    step = ServerProcess(
        f"keystone-manage {arguments[0]}",
        [program, "--config-file", str(home / "keystone.conf"), *arguments],
        log=home / "manage.log",
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        drop_privileges=False,
    )
    step.start()
    if step.wait(90) != 0:
        raise ServerFailed(step.log_tail())


def _bootstrapped(home: Path) -> Path:
    """Return a database that has been bootstrapped; it is made once for each version of Keystone."""
    made = CACHE / f"keystone-{version('keystone')}.sqlite"
    if not made.exists():
        _manage(home, "db_sync")
        addresses = [f"--bootstrap-{kind}-url" for kind in ("public", "internal")]
        _manage(
            home,
            *("bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", "RegionOne"),
            *(word for option in addresses for word in (option, "http://127.0.0.1:1/v3")),
        )
        CACHE.mkdir(exist_ok=True)
        # Other test processes may do the same: each writes a file of its own, and one of them stays.
        own = made.with_suffix(f".{os.getpid()}")
        shutil.copy(home / "keystone.sqlite", own)
        own.rename(made)
    return made


def _move(database: Path, urls: Mapping[str, str]) -> None:
    """Change where services of the catalogue are, by the type of the service."""
    of_type = "service_id IN (SELECT id FROM service WHERE type = ?)"
    with closing(sqlite3.connect(database)) as connection, connection:
        for kind, url in urls.items():
            connection.execute(f"UPDATE endpoint SET url = ? WHERE {of_type}", (url, kind))


def url_at(port: int) -> str:
    """Return the URL of a Keystone that listens on this port."""
    return f"http://127.0.0.1:{port}/v3"


@contextmanager
def running(
    home: Path,
    database: Path | None = None,
    urls: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[Keystone]:
    """A Keystone that has been bootstrapped, with the roles that Keystone itself makes.

    :param home: an existing directory; its database is `keystone.sqlite` there.
    :param database: of another Keystone, to begin with a copy of it; None: one that has only been bootstrapped.
    :param urls: where the services of that catalogue are now, by type.
    :param port: where to listen; None: on a free port.
    """
    port = port or free_port()
    url = url_at(port)
    (home / "keystone.conf").write_text(_CONF.format(home=home))
    keys = home / "fernet-keys"
    keys.mkdir(mode=0o700)
    for name in ("0", "1"):
        (keys / name).write_bytes(Fernet.generate_key())
    shutil.copy(database or _bootstrapped(home), home / "keystone.sqlite")
    _move(home / "keystone.sqlite", {"identity": url, **(urls or {})})
    server = ServerProcess(
        "keystone",
        [sys.executable, "-c", _SERVE, str(port)],
        log=home / "keystone.log",
        env={
            **os.environ,
            "PYTHONWARNINGS": "ignore",
            "OS_KEYSTONE_CONFIG_DIR": str(home),
        },
        cwd=home,
        drop_privileges=False,
    )
    server.start()
    try:
        server.wait_until(lambda: _answers(url), "an answer of Keystone")
        yield Keystone(url)
    finally:
        server.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False
