# SPDX-License-Identifier: Apache-2.0
"""The two services with the same settings: fake hardware, SQLite, and no periodic tasks that change records."""

from __future__ import annotations

import configparser
import http.client
import json
import pathlib
from typing import Any

from tests.bench import lite, peer
from tests.bench.server import HOST, Launch, Server, free_port
from tests.compare import answer, world
from tests.compare.case import NEWEST, Case, Scene, filled
from tests.compare.database import Database
from tests.compare.identity import ADMIN, Identity, Options
from tests.waiting import wait_for

_NEVER_S = 86400
_TIMEOUT_S = 90
_VERSION_HEADER = "X-OpenStack-Ironic-API-Version"

_BOTH = {
    "DEFAULT": {"host": world.HOST},
}
_THEIRS = {
    "conductor": {
        "node_locked_retry_attempts": "1",
        # On a busy machine its heartbeats are late.
        "heartbeat_timeout": str(_NEVER_S),
        "check_provision_state_interval": "0",
        "check_rescue_state_interval": str(_NEVER_S),
        "check_allocations_interval": "0",
        "sync_local_state_interval": "0",
        "power_failure_recovery_interval": "0",
        "node_history_cleanup_interval": "0",
    }
}
_OURS = {
    "conductor": {
        "node_locked_retry_attempts": "0",
        "check_wait_states_interval": str(_NEVER_S),
        "power_failure_recovery_interval": "0",
        "node_history_cleanup_interval": "0",
    }
}


class Service:
    """One running service with the records of ``world``.

    :param identity: its users; None: it has no authentication.
    """

    def __init__(self, launch: Launch, identity: Identity | None = None) -> None:
        self._server = Server(launch)
        self._launch = launch
        self._identity = identity
        self._admin = ADMIN if identity else ""
        self._connection = http.client.HTTPConnection(HOST, launch.port, timeout=_TIMEOUT_S)
        self._base = f"http://{HOST}:{launch.port}"
        self._server.start()
        self.database = Database(launch.database)
        self._touched = True
        self._scene: Scene | None = None

    def close(self) -> None:
        """Stop the service."""
        self.database.close()
        self._connection.close()
        self._server.stop()

    def populate(self) -> None:
        """Create the records that the requests are about."""
        wait_for(self._has_conductor, "a conductor", _TIMEOUT_S)
        self._make(world.REQUESTS)
        for table, name, values in world.CHANGES:
            self.database.change(table, name, values)
        self._make(world.LATER)
        for table, values in world.ROWS:
            self.database.insert(table, values)
        if self._identity:
            self._give_away()
        self.database.save()

    def _give_away(self) -> None:
        """Set the owners and lessees of the records."""
        assert self._identity
        self._make(world.OF_OTHERS)
        for table, name, values in world.OWNERS:
            ids = {column: self._identity.filled(text) for column, text in values.items()}
            self.database.change(table, name, ids)

    def _make(self, requests: list[tuple[str, str, Any]]) -> None:
        for method, path, body in requests:
            status, _, told = self.send(method, path, body, NEWEST, self._admin)
            assert status < 300, f"{self._launch.name}: {method} {path}: {status} {told!r}"
            assert self.database.settle(), f"{self._launch.name}: {method} {path} does not end"

    def _has_conductor(self) -> bool:
        status, _, told = self.send("GET", "/drivers", None, NEWEST, self._admin)
        return status == 200 and bool(json.loads(told)["drivers"])

    def ask(self, case: Case) -> answer.Answer:
        """Send a request in its scene, and wait until its work in the background has ended."""
        if not case.follows and (self._touched or case.scene != self._scene):
            self.database.restore(case.scene)
            self._scene = case.scene
        reads = case.method in ("GET", "HEAD")
        status, location, body = self.send(case.method, case.path, case.body, case.minor, case.who)
        if self._identity:
            body = self._identity.anonymous(body)
        told = answer.of(status, location, body, self._base)
        self._touched = not reads
        if reads or status >= 300:
            return told
        if case.scene.is_locked or self.database.settle():
            return answer.Answer(status, (*told.lines, *self.database.after()))
        return answer.Answer(status, (*told.lines, "after = still at work"))

    def ask_all(self, cases: list[Case]) -> dict[str, answer.Answer]:
        """Return the answers, by the names of the cases."""
        return {case.name: self.ask(case) for case in cases}

    def ask_again(self, case: Case, former: answer.Answer) -> answer.Answer:
        """Repeat a request, because the first one may have met a periodic task that held the node's lock."""
        return former if case.follows else self.ask(case)

    def send(
        self, method: str, path: str, body: Any, minor: int, who: str
    ) -> tuple[int, str | None, bytes]:
        """Send one request, again if the connection was closed; return status, ``Location`` and body of the reply."""
        headers = {_VERSION_HEADER: f"1.{minor}"}
        if self._identity:
            headers.update(self._identity.headers[who])
            path = self._identity.filled(path)
        payload = None
        if body is not None:
            text = filled(body if isinstance(body, str) else json.dumps(body))
            payload = (self._identity.filled(text) if self._identity else text).encode()
            headers["Content-Type"] = "application/json"
        for last in (False, True):
            try:
                self._connection.request(method, f"/v1{filled(path)}", payload, headers)
                reply = self._connection.getresponse()
                return reply.status, reply.getheader("Location"), reply.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self._connection.close()
                if last:
                    raise
        raise AssertionError


def _configure(file: pathlib.Path, *more: dict[str, dict[str, str]]) -> None:
    parser = configparser.RawConfigParser()
    parser.read(file)
    for settings in more:
        for group, options in settings.items():
            if group != "DEFAULT" and not parser.has_section(group):
                parser.add_section(group)
            for option, value in options.items():
                parser.set(group, option, value)
    with file.open("w") as stream:
        parser.write(stream)


def upstream(home: pathlib.Path, more: Options | None = None) -> Launch:
    """Prepare upstream Ironic, and install it first if necessary; both services get the settings ``more``."""
    bindir = peer.install(peer.DEFAULT_VENV)
    launch = peer.prepare(bindir, home, free_port(), sync_power_state_interval=0)
    _configure(home / "ironic.conf", _BOTH, _THEIRS, more or {})
    return launch


def ours(home: pathlib.Path, more: Options | None = None) -> Launch:
    """Prepare ironic_lite with the same settings."""
    launch = lite.prepare(home, free_port(), peer.FAKE_INTERFACES, 0)
    _configure(home / "ironic-lite.conf", _BOTH, _OURS, more or {})
    return launch
