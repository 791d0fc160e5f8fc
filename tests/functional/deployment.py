# SPDX-License-Identifier: Apache-2.0
"""ironic_lite as an operator runs it: real processes with configuration files, on a given database and broker.

    with Deployment(tmp_path, database=mariadb_url, transport=rabbitmq_url) as cloud:
        cloud.start_api()
        cloud.add_conductors("c1", "c2", "c3")
        node = cloud.create_node(driver="fake-hardware")
        cloud.kill_conductor("c2")
        cloud.set_provision_state(node, "manage", until="manageable")

Tests get one from the fixture `make_deployment`, or `all_in_one` for a running single process on SQLite. Logs stay in
the test's temporary directory, and failed waits show their last lines. Start processes from the test's main thread.
"""

import configparser
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.functional.servers import process
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for

Options = Mapping[str, Mapping[str, object]]  # group -> option -> value

WITHOUT_DATABASE: Options = {
    "api": {"database_access": "rpc"},
    "database": {"connection": None},
}
"""For an API that holds no credentials of the database, and goes through the conductors."""

# Seconds. A conductor counts as dead `heartbeat_timeout` after its last sign of life.
HEARTBEAT_INTERVAL = 1
HEARTBEAT_TIMEOUT = 10


class Deployment:
    """One API and any number of conductors, or everything in one process.

    `options` go into every process's configuration; `start_api`, `add_conductor` and `start_all_in_one` take more, for
    one process. `credentials` are the user and password of every request, where the API wants some; `token` is its
    Keystone token.
    """

    def __init__(
        self,
        directory: Path,
        database: str,
        transport: str = "inprocess://",
        options: Options | None = None,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.database = database
        self.transport = transport
        self.port = free_port()
        self.conductors: dict[str, process.ServerProcess] = {}
        self.api: process.ServerProcess | None = None
        self._options = options or {}
        self._session = requests.Session()
        self._session.trust_env = False
        # The API closes connections that nobody has used for a while, perhaps just when one is taken up again.
        reads = Retry(connect=0, read=3, redirect=0, other=0, allowed_methods={"GET"})
        self._session.mount("http://", HTTPAdapter(pool_maxsize=50, max_retries=reads))
        self._session.auth = credentials
        self.token: str | None = None
        self.code: Path | None = None
        """Where the package is that processes are started from; None: what is installed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def api_url(self) -> str:
        """Root of the REST API, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop every process."""
        self._session.close()
        running = [*self.conductors.values(), *([self.api] if self.api else [])]
        for each in running:
            each.resume()
            each.terminate()
        for each in running:
            each.stop()

    # Processes

    def upgrade_database(self) -> None:
        """`ironic-lite db upgrade`."""
        upgrade = self._process("db-upgrade", ["db", "upgrade"], {})
        upgrade.start()
        if upgrade.wait(60) != 0:
            raise process.ServerFailed(upgrade.log_tail())

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run one of the commands beside the service, with its configuration; returns exit status and output."""
        name = "-".join(arguments)
        started = self._process(name, list(arguments), {})
        started.start()
        status = started.wait(120)
        return status, (self.directory / f"{name}.log").read_text()

    def start_api(self, options: Options | None = None) -> None:
        """Start the API and wait until it answers."""
        self.upgrade_database()
        self.api = self._process("api", ["api"], options or {})
        self.api.start()
        self.api.wait_until(self._api_answers, "an answer of the API")

    def start_all_in_one(
        self, options: Options | None = None, wait_for_conductor: bool = True
    ) -> None:
        """`ironic-lite up`: API and conductor in one process; waits until the conductor is alive."""
        self.api = self._process("all-in-one", ["up"], options or {})
        self.api.start()
        self.api.wait_until(self._api_answers, "an answer of the API")
        if wait_for_conductor:
            self.api.wait_until(self.alive, "a living conductor")

    def add_conductor(self, host: str, options: Options | None = None) -> None:
        """Start or restart a conductor, and wait until the API shows it alive. The API must run."""
        self.add_conductors(host, options=options)

    def add_conductors(self, *hosts: str, options: Options | None = None) -> None:
        """The same for several at once, which is quicker."""
        for host in hosts:
            self.conductors[host] = self._process(host, ["conductor"], options or {})
            self.conductors[host].start()
        for host in hosts:
            self.conductors[host].wait_until(
                partial(self._is_alive, host), f"conductor {host} to be alive"
            )

    def _is_alive(self, host: str) -> bool:
        """A conductor registers first, and serves its hardware types once it has begun to listen."""
        return host in self.alive() and any(
            host in driver["hosts"] for driver in self.call("GET", "/v1/drivers")["drivers"]
        )

    def kill_conductor(self, host: str) -> None:
        """SIGKILL: the conductor cannot unregister."""
        self.conductors[host].kill()

    def stop_conductor(self, host: str, grace: float = 30) -> None:
        """SIGTERM: the conductor ends its work within `grace` seconds and leaves the ring."""
        self.conductors[host].terminate()
        self.conductors[host].wait(grace)

    def pause_conductor(self, host: str) -> None:
        """SIGSTOP: the conductor falls silent with all its locks."""
        self.conductors[host].pause()

    def resume_conductor(self, host: str) -> None:
        """SIGCONT: the conductor continues."""
        self.conductors[host].resume()

    def _process(
        self,
        name: str,
        command: list[str],
        options: Options,
        env: Mapping[str, str] | None = None,
    ) -> process.ServerProcess:
        # The console script, not `-m`: what is tested is what an operator types.
        script = Path(sys.executable).with_name("ironic-lite")
        return process.ServerProcess(
            name,
            [str(script), "--config-file", str(self._configuration(name, options)), *command],
            log=self.directory / f"{name}.log",
            env={**os.environ, "PYTHONWARNINGS": "ignore", **self._code_path(), **(env or {})},
            cwd=self.directory,
            drop_privileges=False,
        )

    def _code_path(self) -> Mapping[str, str]:
        return {} if self.code is None else {"PYTHONPATH": str(self.code)}

    def _configuration(self, name: str, options: Options) -> Path:
        settings: dict[str, dict[str, object]] = {
            "DEFAULT": {
                "host": name,
                "debug": True,
                "state_path": self.directory / f"{name}.state",
                "transport_url": self.transport,
                "hash_ring_reset_interval": 1,
            },
            "api": {"host_ip": "127.0.0.1", "port": self.port},
            # Agents and images of tests are on this machine.
            "outbound": {"allowed_networks": "127.0.0.0/8, ::1"},
            "conductor": {
                "heartbeat_interval": HEARTBEAT_INTERVAL,
                "heartbeat_timeout": HEARTBEAT_TIMEOUT,
                "graceful_shutdown_timeout": 10,
            },
            "database": {"connection": self.database},
            # As if it had been copied to all machines.
            "encryption": {"key_file": self.directory / "ironic-lite.key"},
        }
        for more in (self._options, options):
            for group, values in more.items():
                settings.setdefault(group, {}).update(values)
        # None leaves an option out.
        text = {
            group: {option: str(value) for option, value in values.items() if value is not None}
            for group, values in settings.items()
        }
        file = configparser.ConfigParser(interpolation=None)
        file.read_dict(text)
        path = self.directory / f"{name}.conf"
        with path.open("w") as stream:
            file.write(stream)
        return path

    # The REST API

    def request(
        self, method: str, path: str, body: object = None, version: str = "latest"
    ) -> requests.Response:
        """One request; `path` starts at /v1. No status is an error here."""
        return self._session.request(
            method,
            f"{self.api_url}{path}",
            json=body,
            headers={"X-OpenStack-Ironic-API-Version": version, "X-Auth-Token": self.token},
            timeout=PATIENCE,
        )

    def call(self, method: str, path: str, body: object = None, version: str = "latest") -> Any:
        """Send a request that must succeed; return the decoded body, None without one."""
        answer = self.request(method, path, body, version)
        if not answer.ok:
            raise AssertionError(
                f"{method} {path}: {answer.status_code} {answer.text}\n{self.logs()}"
            )
        return answer.json() if answer.content else None

    def _api_answers(self) -> bool:
        try:
            return self.request("GET", "/v1").ok
        except requests.ConnectionError:
            return False

    def alive(self) -> set[str]:
        """Host names of the conductors that the API calls alive."""
        answer = self.request("GET", "/v1/conductors")
        if answer.status_code == requests.codes.service_unavailable:
            # An API without database access has nobody to ask yet.
            return set()
        assert answer.ok, f"{answer.status_code} {answer.text}\n{self.logs()}"
        listed = answer.json()["conductors"]
        return {each["hostname"] for each in listed if each["alive"]}

    def create_node(self, **fields: object) -> str:
        """Enrol a node; returns its UUID."""
        created: str = self.call("POST", "/v1/nodes", fields)["uuid"]
        return created

    def node(self, ident: str) -> dict[str, Any]:
        """A node as the API shows it."""
        shown: dict[str, Any] = self.call("GET", f"/v1/nodes/{ident}")
        return shown

    def set_power_state(
        self, ident: str, target: str, until: str | None = None, timeout: float = 30
    ) -> None:
        """Request a power state and wait for it (`until`, where the target is not what it ends in)."""
        self.call("PUT", f"/v1/nodes/{ident}/states/power", {"target": target})
        self.wait_for_node(ident, timeout, power_state=until or target, target_power_state=None)

    def set_provision_state(
        self, ident: str, target: str, until: str, timeout: float = 60, **more: object
    ) -> dict[str, Any]:
        """Ask for a provision state and wait until the node is in the state `until`."""
        self.call("PUT", f"/v1/nodes/{ident}/states/provision", {"target": target, **more})
        return self.wait_for_node(ident, timeout, provision_state=until, reservation=None)

    def wait_for_node(self, ident: str, timeout: float = 60, **fields: object) -> dict[str, Any]:
        """Wait until a node's fields have these values, and return the node.

        Ends at once, as failed, when the node comes to rest in another state with `last_error`.
        """
        node: dict[str, Any] = {}

        def settled() -> bool:
            node.clear()
            node.update(self.node(ident))
            failed = str(node["provision_state"]) in FAILED_STATES and not node["reservation"]
            if failed and node["provision_state"] != fields.get("provision_state"):
                raise AssertionError(f"node {ident}: {_summary(node)}\n{self.logs()}")
            return all(node[field] == value for field, value in fields.items())

        try:
            wait_for(
                settled,
                f"node {ident} to have {fields}",
                timeout,
                interval=0.1,
                describe=lambda: _summary(node),
            )
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.logs()}") from late
        return node

    def logs(self) -> str:
        """The last lines of every process's log."""
        running = [*([self.api] if self.api else []), *self.conductors.values()]
        return "\n".join(each.log_tail() for each in running)


FAILED_STATES = frozenset(
    f"{what} failed"
    for what in ("deploy", "clean", "inspect", "rescue", "unrescue", "service", "adopt")
) | {"error"}


def _summary(node: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("provision_state", "power_state", "target_power_state", "reservation", "last_error")
    return {field: node.get(field) for field in fields}
