# SPDX-License-Identifier: Apache-2.0
"""An HTTP server of this process, and clients that speak to it byte by byte."""

import json
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ironic_lite.api.front.service import APIService
from tests.waiting import PATIENCE


def hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """An application that returns the scheme of the request."""
    start_response("200 OK", [("Content-Length", "5")])
    return [environ["wsgi.url_scheme"].encode()[:5].ljust(5)]


@contextmanager
def running(app: Any, streams: Mapping[str, Any] | None = None) -> Iterator[APIService]:
    api = APIService(app, streams=streams)
    api.start()
    try:
        yield api
    finally:
        api.stop()
        api.wait()


def address(api: APIService) -> tuple[str, int]:
    host, _, port = api.url.partition("://")[2].rpartition(":")
    return host, int(port)


def connect(api: APIService) -> socket.socket:
    return socket.create_connection(address(api), timeout=PATIENCE)


def read_all(client: socket.socket) -> bytes:
    """Return the bytes that arrive until the server closes the connection."""
    found = b""
    try:
        while chunk := client.recv(65536):
            found += chunk
    except ConnectionResetError:
        pass
    return found


def fault(answer: bytes) -> str:
    """The text of an error in the form of the API."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower(), answer
    inner = json.loads(json.loads(body)["error_message"])
    return str(inner["faultstring"])


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer[9:12])
