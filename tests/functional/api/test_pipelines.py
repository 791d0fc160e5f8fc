# SPDX-License-Identifier: Apache-2.0
"""Requests that come before the ones in front of them are answered: in order, never mixed, and not in advance."""

import resource
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.api.front import environ as front_environ
from ironic_lite.api.front import limits
from ironic_lite.api.front.service import APIService
from tests.functional.api import certificates, serving
from tests.functional.api.serving import connect, fault, hello, read_all, status
from tests.options import overridden
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BROKEN = {
    "no HTTP": b"GARBAGE\r\n\r\n",
    "a chunk that is none": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a late chunk that is none": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nPRI",
}


@pytest.fixture(autouse=True)
def free_port() -> Iterator[None]:
    with overridden({"api": {"port": 0}}):
        yield


class Gate:
    """An application that answers only after it is opened."""

    def __init__(self, body: bytes = b"whole") -> None:
        self.body = body
        self.entered, self.opened = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.calls += 1
        self.entered.set()
        self.opened.wait(PATIENCE)
        start("200 OK", [("Content-Length", str(len(self.body)))])
        return [self.body]


@pytest.mark.parametrize("before", [1, 2, 5])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_behind_whole_requests(before: int, broken: bytes) -> None:
    """These are answered, each with its own answer, and the connection ends."""
    gate = Gate()
    with serving.running(gate) as api, connect(api) as client:
        client.sendall(GET * before + broken)
        assert gate.entered.wait(PATIENCE)
        gate.opened.set()
        answer = read_all(client)
    assert answer.count(b"HTTP/1.1 200 OK") == before + (b"Upgrade" in broken)
    assert b"HTTP/1.1 400" not in answer


def test_more_than_fits_into_a_head() -> None:
    count = 10 * limits.MAX_HEAD // len(GET)
    with serving.running(hello) as api, connect(api) as client:
        sending = threading.Thread(target=client.sendall, args=(GET * count + LAST,))
        sending.start()
        answer = read_all(client)
        sending.join()
    assert answer.count(b"HTTP/1.1 200 OK") == count + 1


def test_few_are_made_before_their_turn() -> None:
    gate = Gate()
    with serving.running(gate) as api, connect(api) as client:
        client.sendall(GET)
        assert gate.entered.wait(PATIENCE)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                client.send(GET * 1000)
        assert api._door is not None
        (connection,) = api._door.state.connections
        assert len(connection.pipeline) < 100
        gate.opened.set()


def test_who_takes_no_answers_gets_no_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replies would need memory; all arrive as soon as the client reads them."""
    # On a busy machine it takes minutes to read them all through a small buffer.
    monkeypatch.setattr(limits, "REPLY_PATIENCE", 10 * PATIENCE)
    gate, count = Gate(b"x" * 200_000), 100
    gate.opened.set()
    with serving.running(gate) as api, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(serving.address(api))
        assert api._door is not None
        client.sendall(GET)
        wait_for(lambda: gate.calls == 1, "the first request to be asked", 30)
        client.sendall(GET * (count - 2) + LAST)
        (connection,) = api._door.state.connections
        wait_for(lambda: connection._held_back is not None, "the next one to be held back", 30)
        assert gate.calls < count // 2
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024 * 1024)
        answer = read_all(client)
    assert gate.calls == count
    assert answer.count(b"HTTP/1.1 200 OK") == count


def test_a_long_answer_has_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads a reply in small pieces, each in time, cannot keep it in memory for ever."""
    monkeypatch.setattr(limits, "REPLY_PATIENCE", 0.5)
    monkeypatch.setattr(limits, "BODY_RATE", 1024**3)
    gate, taken = Gate(b"x" * 256 * 1024 * 1024), 0
    gate.opened.set()
    with serving.running(gate) as api, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        client.settimeout(0.05)
        client.connect(serving.address(api))
        client.sendall(GET)

        def is_over() -> bool:
            nonlocal taken
            try:
                taken += len(client.recv(1024 * 1024))
            except TimeoutError:
                pass
            except ConnectionError:
                return True
            assert api._door is not None
            return gate.calls == 1 and api._door.guests.count == 0

        wait_for(is_over, "the connection to be ended", 30)
    assert 0 < taken < len(gate.body)


def test_a_client_that_says_no_more_is_answered() -> None:
    gate = Gate()
    with serving.running(gate) as api, connect(api) as client:
        client.sendall(GET * 3)
        assert gate.entered.wait(PATIENCE)
        client.shutdown(socket.SHUT_WR)
        gate.opened.set()
        assert read_all(client).count(b"HTTP/1.1 200 OK") == 3


def test_a_client_that_leaves_in_the_middle_is_let_go() -> None:
    with serving.running(hello) as api, connect(api) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""


# What a connection takes in memory


@pytest.mark.parametrize("count, code", [(limits.MAX_HEADERS, 200), (limits.MAX_HEADERS + 1, 431)])
def test_headers_are_counted(count: int, code: int) -> None:
    with serving.running(hello) as api, connect(api) as client:
        others = count - 2
        client.sendall(LAST.removesuffix(b"\r\n") + b"a:\r\n" * others + b"\r\n")
        answer = read_all(client)
    assert status(answer) == code
    if code != 200:
        assert f"{limits.MAX_HEADERS} headers" in fault(answer)


def test_long_names_of_headers_are_not_remembered() -> None:
    known = front_environ._known_variable.cache_info
    before = known().currsize
    scope = {"method": "GET", "raw_path": b"/", "query_string": b"", "http_version": "1.1"}
    for number in range(20):
        headers = [(f"x{number}".encode() + b"a" * 50_000, b"value")]
        made = front_environ.make(
            {**scope, "scheme": "http", "server": None, "client": None, "headers": headers}, b""
        )
        assert made[f"HTTP_X{number}" + "A" * 50_000] == "value"
    assert known().currsize == before


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _silent(api: APIService, count: int) -> list[socket.socket]:
    clients = [connect(api) for _ in range(count)]
    assert api._door is not None
    guests = api._door.guests
    wait_for(lambda: guests.count >= count, "all to be greeted", 30)
    return clients


def test_a_silent_tls_connection_takes_little(tmp_path: Path) -> None:
    certificate, key = certificates.write(tmp_path, "localhost")
    files = {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
    count = 200
    with overridden({"api": files}), serving.running(hello) as api:
        first = _silent(api, 1)
        before = _resident()
        others = _silent(api, count)
        each = (_resident() - before) / count
        for client in first + others:
            client.close()
    assert each < 160 * 1024
