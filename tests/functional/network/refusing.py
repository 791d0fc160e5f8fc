# SPDX-License-Identifier: Apache-2.0
"""A Neutron that refuses requests, or whose answers are lost."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests

from tests.functional.servers.neutron import Neutron
from tests.waiting import PATIENCE


class Refusing:
    """A proxy in front of Neutron that answers some requests itself.

    :ivar refuse: ``{method: status}`` of requests that it answers itself.
    :ivar lose: methods whose requests reach Neutron, and whose answers are lost.
    """

    def __init__(self, neutron: Neutron) -> None:
        self.refuse: dict[str, int] = {}
        self.lose: set[str] = set()
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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def _pass(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                status = owner.refuse.get(self.command)
                if status is not None:
                    self._reply(status, b'{"NeutronError": {"message": "as the test wants"}}')
                    return
                try:
                    answer = requests.request(
                        self.command,
                        owner._to + self.path,
                        data=body,
                        headers={"Content-Type": "application/json"},
                        timeout=PATIENCE,
                    )
                except requests.RequestException:
                    self.close_connection = True
                    return
                if self.command in owner.lose:
                    self.close_connection = True
                    return
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
