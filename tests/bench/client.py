# SPDX-License-Identifier: Apache-2.0
"""A cheap HTTP client, so that what is measured is the service.

One process, plain sockets, HTTP/1.1 keep-alive, request bytes made once, replies cut by Content-Length and
not parsed unless asked, where http.client parses every header as e-mail. Many clients at once are many sockets
in one selector, not threads. Against a server that does nothing it manages some 36,000 replies a second.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from typing import Any

from tests.bench.server import HOST

MICROVERSION = "1.115"
TIMEOUT_S = 60.0


class RequestError(RuntimeError):
    """The service answered with a status that the benchmark did not expect."""


def encode(method: str, path: str, body: object = None) -> bytes:
    """Return the bytes of a request with the microversion header that both services get."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\n"
        f"X-OpenStack-Ironic-API-Version: {MICROVERSION}\r\n"
    )
    if payload or method not in ("GET", "DELETE"):
        head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
    return head.encode() + b"\r\n" + payload


class _Reply:
    """Collects the bytes of one reply."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.status = 0
        self._body_at = 0
        self._end = -1

    def feed(self, chunk: bytes) -> bool:
        """Take more bytes; return True once the reply is complete. Raises RequestError."""
        self.data += chunk
        if self._end < 0:
            head_end = self.data.find(b"\r\n\r\n")
            if head_end < 0:
                return False
            head = bytes(self.data[:head_end]).lower()
            self.status = int(head[9:12])
            self._body_at = head_end + 4
            start = head.find(b"\r\ncontent-length:")
            if start >= 0:
                length = int(head[start + 17 :].split(b"\r\n", 1)[0])
            elif self.status == 204:
                length = 0
            else:
                raise RequestError(f"reply without Content-Length: {head.decode()}")
            self._end = self._body_at + length
        return len(self.data) >= self._end

    @property
    def body(self) -> bytes:
        return bytes(self.data[self._body_at :])


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((HOST, self._port), timeout=TIMEOUT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Send an encoded request; return the status and the body.

        A server may close an idle connection; the request is then sent once more on a new one.
        """
        for last in (False, True):
            reply = _Reply()
            try:
                self._socket.sendall(request)
                while chunk := self._socket.recv(262144):
                    if reply.feed(chunk):
                        return reply.status, reply.body
            except ConnectionError:
                pass
            if last or reply.data:
                break
            self._socket.close()
            self._socket = self._connect()
        raise RequestError(f"connection closed within a reply: {bytes(reply.data[:200])!r}")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return the decoded body. Raises RequestError unless it is a 2xx."""
        status, data = self.send(encode(method, path, body))
        if status >= 300:
            raise RequestError(f"{method} {path}: {status} {data[:500].decode(errors='replace')}")
        return json.loads(data) if data else None

    def timed(self, request: bytes) -> float:
        """Send an encoded request and return the seconds until the whole reply was read."""
        begun = time.perf_counter()
        status, data = self.send(request)
        spent = time.perf_counter() - begun
        if status >= 300:
            raise RequestError(f"{request[:80]!r}: {status} {data[:500]!r}")
        return spent

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def saturate(port: int, requests: list[bytes], clients: int, seconds: float) -> float:
    """Keep `clients` connections busy, each with one request under way, and return replies per second.

    :param requests: encoded GET requests, taken in turn
    :raises RequestError: on a reply that is not 200, or a connection that the server closes
    """
    selector = selectors.DefaultSelector()
    replies: dict[socket.socket, _Reply] = {}
    sent = done = 0
    for _ in range(clients):
        connection = socket.create_connection((HOST, port), timeout=TIMEOUT_S)
        selector.register(connection, selectors.EVENT_READ)
        replies[connection] = _Reply()
    begun = time.perf_counter()
    deadline = begun + seconds
    try:
        for connection in replies:
            connection.sendall(requests[sent % len(requests)])
            sent += 1
        while (now := time.perf_counter()) < deadline:
            for key, _events in selector.select(deadline - now):
                connection = key.fileobj  # type: ignore[assignment]
                chunk = connection.recv(262144)
                if not chunk:
                    raise RequestError("connection closed under load")
                if not replies[connection].feed(chunk):
                    continue
                if replies[connection].status != 200:
                    raise RequestError(f"under load: {bytes(replies[connection].data[:500])!r}")
                done += 1
                replies[connection] = _Reply()
                connection.sendall(requests[sent % len(requests)])
                sent += 1
        return done / (time.perf_counter() - begun)
    finally:
        selector.close()
        for connection in replies:
            connection.close()
