# SPDX-License-Identifier: Apache-2.0
"""A fast HTTP client, so that the benchmark measures the service and not the client.

It has one process with plain sockets and HTTP/1.1 keep-alive, encodes each request once, and finds the end of a reply
by Content-Length; it parses a reply only if necessary, while http.client parses every header as e-mail. Several clients
are several sockets in one selector, not threads. With a server that does nothing it gets some 36,000 replies per
second.
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
    """Collects the bytes of one reply: the head in pieces, the body in one buffer of its size."""

    def __init__(self) -> None:
        self.status = 0
        self.head = b""
        self.body = bytearray()
        self._filled = -1

    def receive(self, connection: socket.socket) -> bool:
        """Receive available bytes; return True once the reply is complete. Raises RequestError, ConnectionError."""
        if self._filled < 0:
            chunk = connection.recv(65536)
            if not chunk:
                raise ConnectionResetError
            self.head += chunk
            if not self._parse_head():
                return False
        elif self._filled < len(self.body):
            count = connection.recv_into(memoryview(self.body)[self._filled :])
            if not count:
                raise ConnectionResetError
            self._filled += count
        return self._filled == len(self.body)

    def _parse_head(self) -> bool:
        head, end, rest = self.head.partition(b"\r\n\r\n")
        if not end:
            return False
        self.status = int(head[9:12])
        lower = head.lower()
        start = lower.find(b"\r\ncontent-length:")
        if start >= 0:
            length = int(lower[start + 17 :].split(b"\r\n", 1)[0])
        elif self.status == 204:
            length = 0
        else:
            raise RequestError(f"reply without Content-Length: {head.decode()}")
        self.body = bytearray(length)
        self.body[: len(rest)] = rest
        self._filled = len(rest)
        return True


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((HOST, self._port), timeout=TIMEOUT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def send(self, request: bytes) -> tuple[int, bytearray]:
        """Send an encoded request; return the status and the body.

        A server may close an idle connection; the request is then sent once more on a new one.
        """
        for last in (False, True):
            reply = _Reply()
            try:
                self._socket.sendall(request)
                while not reply.receive(self._socket):
                    pass
                return reply.status, reply.body
            except ConnectionError:
                if last or reply.head:
                    break
            self._socket.close()
            self._socket = self._connect()
        raise RequestError(f"connection closed within a reply: {reply.head[:200]!r}")

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
                try:
                    if not replies[connection].receive(connection):
                        continue
                except ConnectionError:
                    raise RequestError("connection closed under load") from None
                if replies[connection].status != 200:
                    raise RequestError(f"under load: {bytes(replies[connection].body[:500])!r}")
                done += 1
                replies[connection] = _Reply()
                connection.sendall(requests[sent % len(requests)])
                sent += 1
        return done / (time.perf_counter() - begun)
    finally:
        selector.close()
        for connection in replies:
            connection.close()
