# SPDX-License-Identifier: Apache-2.0
"""The server begins no work for a client that has left, and keeps nothing for it."""

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ironic_lite.api import bodies
from ironic_lite.api.front import limits
from ironic_lite.api.front.service import APIService
from tests.functional.api import serving
from tests.functional.api.serving import connect, hello, read_all, status
from tests.options import overridden
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with overridden({"api": {"port": 0, "threads": 1, "max_bodies_in_flight": 64 * MIB}}):
        yield


class Gate:
    """An application that answers ``/slow`` when it is opened, and wants every body."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/slow":
            self.entered.set()
            self.opened.wait(PATIENCE)
        elif bodies.HEAD_ONLY in environ:
            environ[bodies.MOST] = 64 * MIB
        return hello(environ, start)


@contextmanager
def busy(gate: Gate) -> Iterator[APIService]:
    """A server whose only thread is busy."""
    with serving.running(gate) as api, connect(api) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try:
            assert gate.entered.wait(PATIENCE)
            yield api
        finally:
            gate.opened.set()
            read_all(client)


def leave(client: socket.socket) -> None:
    """Close the connection as a program does that is killed during a request."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def connections(api: APIService) -> int:
    assert api._door is not None
    return api._door.guests.count


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /left HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PUT /left HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        b"PUT /left HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{",
    ],
    ids=["without a body", "with a body", "with a body that has not come"],
)
def test_a_request_that_waits_for_a_thread(request_bytes: bytes) -> None:
    gate = Gate()
    with busy(gate) as api:
        assert api._door is not None
        jobs = api._door._workers._jobs
        for number in range(20):
            with connect(api) as client:
                client.sendall(request_bytes)
                wait_for(lambda n=number: jobs.qsize() > n, "it to wait", 30)  # type: ignore[misc]
                leave(client)
            wait_for(lambda: connections(api) == 1, "it to be gone", 30)
        with connect(api) as client:
            client.sendall(b"GET /stays HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            gate.opened.set()
            assert status(read_all(client)) == 200
    assert gate.asked == ["/slow", "/stays"]


def test_a_body_that_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that leaves while it waits for room does not block the clients after it."""
    monkeypatch.setattr(limits, "BODY_PATIENCE", 600)
    head = b"PUT /%s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    gate = Gate()
    with serving.running(gate) as api, connect(api) as holder:
        holder.sendall(head % (b"holder", 60 * MIB))
        assert api._door is not None
        budget = api._door._bridge._budget
        wait_for(lambda: budget._left < 10 * MIB, "it to have room", 30)
        for number in range(10):
            with connect(api) as client:
                client.sendall(head % (b"left", 50 * MIB))
                wait_for(lambda: len(budget._queue) == 1, "it to wait for room", 30)
                leave(client)
            wait_for(lambda: not budget._queue, f"number {number} to be forgotten", 30)
        leave(holder)
        wait_for(lambda: budget._left == 64 * MIB, "the room to be given back", 30)
        with connect(api) as client:
            client.sendall(head % (b"stays", 50 * MIB) + bytes(50 * MIB))
            assert status(read_all(client)) == 200
