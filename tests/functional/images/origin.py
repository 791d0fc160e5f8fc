# SPDX-License-Identifier: Apache-2.0
"""A web server with one file. Tests choose how it misbehaves."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Origin:
    """A running server.

    :ivar content: of its file, at every path but those of `redirects`.
    :ivar sends: how many bytes of the file it sends before it ends the connection; None: all.
    :ivar says: the Content-Length that it announces; None: the right one; "": none.
    :ivar challenge: the WWW-Authenticate that it sends.
    :ivar status: of every answer; None: the right one.
    :ivar stalls: set: it stops in the middle until the event is cleared.
    :ivar requests: (path, headers) of all requests but HEAD.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.content = b""
        self.sends: int | None = None
        self.says: str | None = None
        self.status: int | None = None
        self.challenge: str | None = None
        self.redirects: dict[str, str] = {}
        self.stalls = threading.Event()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.streaming = 0
        self._lock = threading.Lock()

    def count(self, change: int) -> None:
        """Count an answer that begins or ends."""
        with self._lock:
            self.streaming += change


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        origin: Origin = self.server.origin
        origin.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        path = self.path.partition("?")[0]
        if path in origin.redirects:
            self.send_response(302)
            self.send_header("Location", origin.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        origin.count(1)
        try:
            self._send_file(origin)
        except OSError:
            self.close_connection = True
        finally:
            origin.count(-1)

    def do_HEAD(self) -> None:
        origin: Origin = self.server.origin
        self.send_response(origin.status or 200)
        self.send_header("Content-Length", str(len(origin.content)))
        self.end_headers()

    def _send_file(self, origin: Origin) -> None:
        content, status = origin.content, 200
        found = _RANGE.fullmatch(self.headers.get("Range", ""))
        if found:
            start, end = int(found[1]), int(found[2] or len(content) - 1)
            status = 206
            whole = len(content)
            content = content[start : end + 1]
        self.send_response(origin.status or status)
        if origin.challenge:
            self.send_header("WWW-Authenticate", origin.challenge)
        if found:
            self.send_header("Content-Range", f"bytes {start}-{end}/{whole}")
        if origin.says != "":
            self.send_header("Content-Length", origin.says or str(len(content)))
        else:
            self.close_connection = True
        self.end_headers()
        cut = len(content) if origin.sends is None else origin.sends
        half = cut // 2
        self.wfile.write(content[:half])
        while origin.stalls.is_set():
            self.wfile.flush()
            if self._has_left():
                return
        self.wfile.write(content[half:cut])
        if cut < len(content):
            self.close_connection = True

    def _has_left(self) -> bool:
        self.connection.settimeout(0.05)
        try:
            return self.connection.recv(1) == b""
        except TimeoutError:
            return False
        finally:
            self.connection.settimeout(None)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def running() -> Iterator[Origin]:
    """A server, for the length of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    origin = Origin(server.server_port)
    server.origin = origin  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.stalls.clear()
        server.shutdown()
        server.server_close()
