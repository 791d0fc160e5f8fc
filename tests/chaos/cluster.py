# SPDX-License-Identifier: Apache-2.0
"""Three conductors, and two APIs behind one proxy, on a broker and a database that the test can stop."""

import dataclasses
import os
import re
from functools import partial
from pathlib import Path

import requests
import sqlalchemy as sa

from tests.chaos.exclusive_control import LOG_FORMAT, Lock, locks
from tests.chaos.proxy import Proxy
from tests.functional.deployment import Deployment, Options
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess

CONDUCTORS = ("c1", "c2", "c3")
APIS = ("a1", "a2")
HEARTBEAT_TIMEOUT = 4

_SITE = Path(__file__).with_name("source_address")


def timing(slowness: float) -> dict[str, dict[str, object]]:
    """Return the timeouts: short, so that a run meets each of them, but in the proportions of the defaults.

    :param slowness: factor of all durations, relative to an idle machine.
    """
    heartbeats = {"heartbeat_interval": 1, "heartbeat_timeout": HEARTBEAT_TIMEOUT}
    waits = (
        "deploy_callback",
        "clean_callback",
        "inspect_wait",
        "rescue_callback",
        "service_callback",
    )
    powers = ("power_state_change_timeout", "soft_power_off_timeout")
    return {
        "DEFAULT": {
            "rpc_response_timeout": int(15 * slowness),
            "logging_default_format_string": LOG_FORMAT,
            "logging_context_format_string": LOG_FORMAT,
            "hash_ring_reset_interval": 1,
        },
        "api": {"ramdisk_heartbeat_timeout": int(15 * slowness)},
        "conductor": {
            **heartbeats,
            **{f"{name}_timeout": int(35 * slowness) for name in waits},
            **{name: int(15 * slowness) for name in powers},
            "graceful_shutdown_timeout": 10,
            "check_wait_states_interval": 2,
            "sync_power_state_interval": 7,
        },
        "agent": {"command_timeout": 10, "post_deploy_get_power_state_retry_interval": 0.5},
        "ipmi": {"command_retry_timeout": int(8 * slowness)},
    }


@dataclasses.dataclass
class Process:
    """One process of a conductor: its log, and its source address."""

    address: str
    server: ServerProcess


class Cluster(Deployment):
    """A deployment with several APIs, whose conductors can be restarted.

    :param database: URL of the database.
    :param database_port: the database's port; conductors and APIs connect through the proxy ``database_road``.
    """

    def __init__(
        self,
        directory: Path,
        database: str,
        transport: str,
        slowness: float,
        options: Options | None = None,
    ) -> None:
        self.road = Proxy(_port(database)).__enter__()
        settings = timing(slowness)
        for group, values in (options or {}).items():
            settings.setdefault(group, {}).update(values)
        by_road = re.sub(r":\d+/", f":{self.road.port}/", database)
        super().__init__(directory, by_road, transport, settings)
        self.door = Proxy().__enter__()
        self.port = self.door.port
        settings["api"]["public_endpoint"] = self.api_url
        self.apis: dict[str, ServerProcess] = {}
        self._api_ports: dict[str, int] = {}
        self._lives: list[Process] = []
        self.records = sa.create_engine(database, pool_size=2, pool_pre_ping=True)

    def close(self) -> None:
        """Stop every process."""
        super().close()
        for api in self.apis.values():
            api.resume()
            api.terminate()
        for api in self.apis.values():
            api.stop()
        for life in self._lives:
            life.server.kill()
        self.records.dispose()
        self.road.__exit__(None, None, None)
        self.door.__exit__(None, None, None)

    def start(self) -> None:
        """Start all processes, and wait until they are ready."""
        self.upgrade_database()
        for name in APIS:
            self.start_api_process(name)
        self.wait_for_apis()
        self.start_conductors(*CONDUCTORS)

    # APIs

    def start_api_process(self, name: str) -> None:
        """Start an API, or restart it on its port."""
        port = self._api_ports.setdefault(name, free_port())
        self.apis[name] = self._process(name, ["api"], {"api": {"port": port}})
        self.apis[name].start()
        if port not in self.door.targets:
            self.door.targets.append(port)

    def wait_for_apis(self) -> None:
        """Wait until each API answers on its port."""
        for name, api in self.apis.items():
            api.wait_until(partial(self._answers, name), "an answer of the API", timeout=180)

    def _answers(self, name: str) -> bool:
        try:
            port = self._api_ports[name]
            return requests.get(f"http://127.0.0.1:{port}/v1", timeout=30).ok
        except requests.RequestException:
            return False

    # Conductors

    def launch(self, name: str) -> ServerProcess:
        """Start a conductor process of this name without waiting for it."""
        number = len(self._lives) + 1
        # All other processes have 127.0.0.1.
        address = f"127.{1 + number // 250}.0.{1 + number % 250}"
        process = self._process(
            f"{name}.{number}",
            ["conductor"],
            {"DEFAULT": {"host": name}},
            env={
                "PYTHONPATH": os.pathsep.join([str(_SITE), os.environ.get("PYTHONPATH", "")]),
                "CHAOS_SOURCE_ADDRESS": address,
            },
        )
        process.start()
        self._lives.append(Process(address, process))
        return process

    def start_conductors(self, *names: str) -> None:
        """Start or restart conductors, and wait until the API shows them as alive."""
        for name in names:
            self.conductors[name] = self.launch(name)
        for name in names:
            self.conductors[name].wait_until(
                partial(self._is_serving, name), f"conductor {name} to be alive", timeout=180
            )

    def _is_serving(self, name: str) -> bool:
        # The API may still show the record of the earlier process as alive; the log is of the new process.
        return f"Conductor {name} serves" in self.conductors[name].log.read_text(errors="replace")

    def forget_conductor(self, name: str) -> None:
        """Forget a conductor that has stopped for good."""
        del self.conductors[name]

    def running(self) -> list[str]:
        """Return the names of the conductors whose process runs."""
        return [name for name, process in self.conductors.items() if process.alive]

    def alive_or_nobody(self) -> set[str]:
        """Return the host names of the conductors that the API shows as alive; none while the API does not answer."""
        try:
            answer = self.request("GET", "/v1/conductors")
        except requests.RequestException:
            return set()
        listed = answer.json()["conductors"] if answer.ok else []
        return {each["hostname"] for each in listed if each["alive"]}

    def locks(self) -> list[Lock]:
        """Return the locks that the logs of all conductor processes record."""
        return [lock for life in self._lives for lock in locks(life.server.log, life.address)]


def _port(url: str) -> int:
    port = sa.make_url(url).port
    assert port is not None
    return port
