# SPDX-License-Identifier: Apache-2.0
"""A Neutron that refuses requests, whose answers are lost, or that carries requests out late."""

import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests

from tests.functional.servers.neutron import Neutron
from tests.waiting import PATIENCE

CHANGES = ("POST", "PUT", "DELETE")
"""Methods of the requests that change something."""


@dataclass(frozen=True)
class Held:
    """A request that was given up before it reached Neutron."""

    method: str
    path: str
    body: bytes

    @property
    def port_name(self) -> str:
        """Name of the port that the request makes."""
        return str(json.loads(self.body)["port"]["name"])


class Refusing:
    """A proxy in front of Neutron that answers some requests itself.

    :ivar refuse: ``{method: status}`` of requests that it answers itself.
    :ivar lose: methods whose requests reach Neutron, and whose answers are lost.
    :ivar hold: methods whose requests get no answer and are kept in ``held``, until `deliver` carries them out.
    :ivar arrived: number of requests so far that would change something.
    :ivar changed: number of those that Neutron carried out and whose answer was passed on.
    """

    def __init__(self, neutron: Neutron) -> None:
        self.refuse: dict[str, int] = {}
        self.lose: set[str] = set()
        self.hold: set[str] = set()
        self.held: list[Held] = []
        self.arrived = 0
        self.changed = 0
        self._to = neutron.url
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> "Refusing":
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def deliver(self) -> list[int]:
        """Carry the held requests out, and return the status of each answer."""
        held, self.held = self.held, []
        return [self._forward(each.method, each.path, each.body).status_code for each in held]

    def _forward(self, method: str, path: str, body: bytes) -> requests.Response:
        headers = {"Content-Type": "application/json"}
        return requests.request(
            method, self._to + path, data=body, headers=headers, timeout=PATIENCE
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def _pass(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                owner.arrived += self.command in CHANGES
                if self.command in owner.hold:
                    owner.held.append(Held(self.command, self.path, body))
                    self.close_connection = True
                    return
                status = owner.refuse.get(self.command)
                if status is not None:
                    self._reply(status, b'{"NeutronError": {"message": "as the test wants"}}')
                    return
                try:
                    answer = owner._forward(self.command, self.path, body)
                except requests.RequestException:
                    self.close_connection = True
                    return
                if self.command in owner.lose:
                    self.close_connection = True
                    return
                owner.changed += self.command in CHANGES and answer.ok
                self._reply(
                    answer.status_code,
                    answer.content.replace(owner._to.encode(), owner.url.encode()),
                )

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._pass
                raise AttributeError(name)

            def _reply(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                return

        return Handler
