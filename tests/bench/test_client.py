# SPDX-License-Identifier: Apache-2.0
"""The benchmark's client against a real HTTP server."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.bench.client import Client, RequestError, encode, saturate
from tests.bench.server import HOST


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b'{"version": "%s"}' % self.headers["X-OpenStack-Ironic-API-Version"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # In two pieces, so that the client has to join the parts of a reply.
        self.wfile.write(body[:5])
        self.wfile.flush()
        self.wfile.write(body[5:])
        if self.path == "/close":
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Keep the test output clean."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Ignore errors, because clients may close a connection during a reply."""


@pytest.fixture
def port() -> Iterator[int]:
    with _Server((HOST, 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_replies_on_one_connection(port: int) -> None:
    with Client(port) as client:
        assert client.call("GET", "/v1") == {"version": "1.115"}
        assert client.timed(encode("GET", "/v1")) > 0


def test_connection_closed_between_requests_is_made_again(port: int) -> None:
    with Client(port) as client:
        for _ in range(3):
            assert client.call("GET", "/close") == {"version": "1.115"}


def test_error_status_is_not_counted_as_an_answer(port: int) -> None:
    with Client(port) as client, pytest.raises(RequestError, match="404"):
        client.call("GET", "/missing")
    with pytest.raises(RequestError, match="under load"):
        saturate(port, [encode("GET", "/missing")], clients=2, seconds=0.2)


def test_saturate_counts_replies_of_all_clients(port: int) -> None:
    assert saturate(port, [encode("GET", "/v1")], clients=4, seconds=0.2) > 0
