# SPDX-License-Identifier: Apache-2.0
"""The front door: deadlines and limits of connections, streams beside requests, certificates, and its end."""

import base64
import functools
import os
import resource
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from uvicorn.config import Config

from ironic_lite.api import bodies
from ironic_lite.api.front import limits, listening, service
from ironic_lite.api.front.service import APIService
from tests.functional.api import certificates, serving
from tests.functional.api.serving import connect, fault, hello, read_all, status
from tests.functional.deployment import Deployment
from tests.options import overridden
from tests.waiting import PATIENCE, at_most, wait_for

pytestmark = pytest.mark.timed

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
STREAMS = 250


@pytest.fixture(autouse=True)
def free_port() -> Iterator[None]:
    with overridden({"api": {"port": 0}}):
        yield


def ask(client: socket.socket, request: bytes = GET) -> bytes:
    """One request of a connection that is kept."""
    client.sendall(request)
    found = b""
    while b"\r\n\r\n" not in found:
        chunk = client.recv(65536)
        assert chunk, found
        found += chunk
    head, _, body = found.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        chunk = client.recv(65536)
        assert chunk, found
        body += chunk
    return head + b"\r\n\r\n" + body


def is_closed(client: socket.socket) -> bool:
    """Return whether the server has closed a connection that sent nothing."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def drip(client: socket.socket, byte: bytes, pause: float) -> bytes:
    """Send single bytes until the server closes the connection; return its answer."""
    client.settimeout(pause)
    for _ in range(1000):
        try:
            client.sendall(byte)
            if (chunk := client.recv(65536)) is not None:
                client.settimeout(PATIENCE)
                return chunk + read_all(client)
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
    pytest.fail("the server reads on and on")


# Deadlines


def test_the_deadline_of_a_head_is_kept_between_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.6)
    with serving.running(hello) as api, connect(api) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        answer = drip(client, b"x", 0.1)
    assert status(answer) == 408
    assert "in time" in fault(answer)


def test_empty_lines_are_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers skip them before a request; they do not begin one."""
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.6)
    with serving.running(hello) as api, connect(api) as client:
        ask(client)
        assert b"200" not in drip(client, b"\r\n", 0.1)


@pytest.mark.parametrize("request_bytes", [GET, POST], ids=["GET", "POST"])
def test_a_connection_may_rest_between_two_requests(
    monkeypatch: pytest.MonkeyPatch, request_bytes: bytes
) -> None:
    """The client has its answer, so no deadline applies to it."""
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.3)
    with serving.running(hello) as api, connect(api) as client:
        for _ in range(2):
            assert status(ask(client, request_bytes)) == 200
            client.settimeout(1)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(PATIENCE)


def test_the_head_of_a_later_request_has_a_deadline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.6)
    with serving.running(hello) as api, connect(api) as client:
        ask(client)
        client.sendall(b"GET / HTT")
        assert status(drip(client, b"P", 0.1)) in (400, 408)


@pytest.mark.parametrize("head", [b"Content-Length: 99", b"Transfer-Encoding: chunked"])
def test_the_deadline_of_a_body_is_kept_between_its_bytes(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(limits, "BODY_PATIENCE", 0.6)
    with serving.running(hello) as api, connect(api) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
        if b"chunked" in head:
            client.sendall(b"5000;")
        answer = drip(client, b"x", 0.1)
    assert status(answer) == 408


def test_who_does_not_take_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REPLY_PATIENCE", 0.5)
    monkeypatch.setattr(limits, "BODY_RATE", 1024**3)

    def long(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = b"x" * 64 * 1024 * 1024
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with serving.running(long) as api, connect(api) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(GET)
        wait_for(lambda: _guests(api).count == 0, "the connection to be ended", 30)


def _guests(api: APIService) -> limits.Guests:
    assert api._door is not None
    return api._door.guests


def _waiting(api: APIService) -> int:
    return sum(len(each) for each in _guests(api)._waiting.values())


# Room


@pytest.mark.parametrize("option", ["max_connections", "max_connections_per_address"])
def test_the_oldest_silent_connection_makes_room(option: str) -> None:
    with overridden({"api": {option: 5}}), serving.running(hello) as api, ExitStack() as stack:
        silent = [stack.enter_context(connect(api)) for _ in range(5)]
        wait_for(lambda: _guests(api).count == 5, "them to be let in", 30)
        newest = stack.enter_context(connect(api))
        assert status(ask(newest)) == 200
        wait_for(lambda: is_closed(silent[0]), "the oldest to be ended", 30)
        assert not any(is_closed(each) for each in silent[1:])


@pytest.mark.parametrize("length", [2, 100_000, 10_000_000])
def test_a_request_without_its_body_makes_room(length: int) -> None:
    """A connection with an unfinished head counts as a silent one."""
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{{".encode()

    asked: list[str] = []

    def wanting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if bodies.HEAD_ONLY in environ:
            environ[bodies.MOST] = 10_000_000
            asked.append(environ["PATH_INFO"])
        return hello(environ, start_response)

    with (
        overridden({"api": {"max_connections": 5}}),
        serving.running(wanting) as api,
        ExitStack() as stack,
    ):
        for _ in range(5):
            stack.enter_context(connect(api)).sendall(head)
        heads = 5 if length > limits.SMALL_BODY else 0
        wait_for(lambda: len(asked) == heads and _waiting(api) == 5, "all to wait", 30)
        for _ in range(5):
            with connect(api) as client:
                assert status(ask(client)) == 200


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_connections_that_are_ended_as_they_come(
    tls: bool, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """Also before their first step: nothing fails, and no connection stays open."""
    if tls:
        request.getfixturevalue("tls_files")
    with overridden({"api": {"max_connections": 2}}), serving.running(hello) as api:
        for _ in range(20):
            with ExitStack() as stack:
                for _ in range(100):
                    stack.enter_context(connect(api))
        wait_for(lambda: _guests(api).count == 0, "all to be gone", 30)
    assert "Traceback" not in caplog.text and not [r for r in caplog.records if r.exc_info]


def test_trusted_proxies_may_have_any_number() -> None:
    options = {"max_connections_per_address": 2, "trusted_proxies": ["127.0.0.0/8"]}
    with overridden({"api": options}), serving.running(hello) as api, ExitStack() as stack:
        clients = [stack.enter_context(connect(api)) for _ in range(6)]
        assert [status(ask(client)) for client in clients] == [200] * 6


def test_a_request_under_way_is_not_ended_for_another() -> None:
    entered, release = threading.Semaphore(0), threading.Event()

    def hanging(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered.release()
        release.wait(PATIENCE)
        return hello(environ, start_response)

    with (
        overridden({"api": {"max_connections": 2}}),
        serving.running(hanging) as api,
        ExitStack() as stack,
    ):
        busy = [stack.enter_context(connect(api)) for _ in range(2)]
        for each in busy:
            each.sendall(GET)
            assert entered.acquire(timeout=PATIENCE)
        assert read_all(stack.enter_context(connect(api))) == b""
        release.set()
        for each in busy:
            assert status(each.recv(65536)) == 200


def test_the_client_with_most_connections_makes_room_for_others() -> None:
    """A flood of connections does not close the idle connection of another client."""
    guests = limits.Guests(10, 100, limits.Networks([]))
    ended: list[str] = []
    assert guests.admit("192.0.2.1", lambda: ended.append("honest"))
    for number in range(30):
        assert guests.admit(f"2001:db8::{number:x}", lambda: ended.append("flood"))
    assert guests.count == 10
    assert ended == ["flood"] * 21


def test_connections_are_fewer_than_descriptors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (256, 256))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("there is no more"))
    assert limits.most_connections() == 192
    assert "Raise that limit" in caplog.text


def test_descriptors_that_are_used_up(all_in_one: Deployment) -> None:
    """Other clients are served, and the log has a few lines instead of one per attempt."""
    assert all_in_one.api is not None
    pid = all_in_one.api.pid
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 40, used + 40))
    log = all_in_one.directory / "all-in-one.log"
    begin = log.stat().st_size
    with ExitStack() as stack:
        for _ in range(300):
            address = ("127.0.0.1", all_in_one.port)
            stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
        for _ in range(5):
            assert all_in_one.request("GET", "/healthcheck").ok
            all_in_one._session.close()
    with log.open() as lines:
        lines.seek(begin)
        told = lines.read()
    complaints = [line for line in told.splitlines() if "pauses accepting connections" in line]
    assert 1 <= len(complaints) <= 30
    assert "Traceback" not in told


# TLS


def _tls_client(api: APIService) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connect(api))


@pytest.fixture
def tls_files(tmp_path: Path) -> Iterator[Path]:
    certificate, key = certificates.write(tmp_path, "localhost")
    with overridden({"api": {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}}):
        yield tmp_path


def test_handshakes_go_on_beside_each_other(
    tls_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent clients do not keep others out, and are disconnected in time."""
    with serving.running(hello) as api, ExitStack() as stack:
        monkeypatch.setattr(listening, "HANDSHAKE_TIMEOUT", at_most(1))
        silent = [stack.enter_context(connect(api)) for _ in range(100)]
        half = stack.enter_context(connect(api))
        half.sendall(b"\x16\x03\x01\x02\x00\x01")
        wait_for(
            lambda: _guests(api).count == 101 or is_closed(silent[0]), "all handshakes to begin"
        )
        # This client is honest, but on a busy machine it may be as slow as the silent ones.
        monkeypatch.setattr(listening, "HANDSHAKE_TIMEOUT", PATIENCE)
        with _tls_client(api) as client:
            assert status(ask(client)) == 200
        for each in (*silent, half):
            wait_for(lambda each=each: is_closed(each), "it to be cut off", 30)
        # The service counts a connection as closed only after the client has seen its end.
        wait_for(
            lambda: _guests(api).count == 0,
            "no connection to be counted",
            describe=lambda: _guests(api).count,
        )


def test_a_new_certificate_is_used_without_dropping_anybody(
    tls_files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving.running(hello) as api, _tls_client(api) as old:
        before = old.getpeercert(binary_form=True)
        (tls_files / "key.pem").write_text("no key any more")
        wait_for(
            lambda: _greeted(api) and "The certificate in use is kept" in caplog.text, "a look", 30
        )
        assert _greeted(api) == before
        certificates.write(tls_files, "localhost")
        wait_for(lambda: _greeted(api) != before, "the new one to be shown", 30)
        assert status(ask(old)) == 200


def _greeted(api: APIService) -> bytes | None:
    with _tls_client(api) as client:
        return client.getpeercert(binary_form=True)


# Streams


async def _events(scope: Any, receive: Any, send: Any) -> None:
    """Server-sent events: one, and no end."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"data: begun\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that echoes its messages."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def _read_until(client: socket.socket, end: bytes) -> bytes:
    found = b""
    while end not in found:
        chunk = client.recv(4096)
        assert chunk, found
        found += chunk
    return found


def _open_socket(api: APIService) -> socket.socket:
    client = connect(api)
    key = base64.b64encode(os.urandom(16))
    client.sendall(
        b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )
    assert status(_read_until(client, b"\r\n\r\n")) == 101
    return client


def _say(client: socket.socket, text: bytes) -> bytes:
    """Send a text frame (clients must mask it), and read one."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
    client.sendall(struct.pack("!BB", 0x81, 0x80 | len(text)) + mask + masked)
    frame = b""
    while len(frame) < 2 + len(text):
        chunk = client.recv(4096)
        assert chunk, frame
        frame += chunk
    return frame[2:]


def test_open_streams_occupy_no_request_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of streams of both kinds share the port with requests, which continue."""
    # The clients of this test answer no pings.
    monkeypatch.setattr(service, "Config", functools.partial(Config, ws_ping_interval=None))
    streams = {"/events": _events, "/echo": _echo}
    with (
        overridden({"api": {"threads": 2}}),
        serving.running(hello, streams) as api,
        ExitStack() as stack,
    ):
        events = [stack.enter_context(connect(api)) for _ in range(STREAMS)]
        for each in events:
            each.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        sockets = [stack.enter_context(_open_socket(api)) for _ in range(STREAMS)]
        for each in events:
            _read_until(each, b"data: begun")
        with connect(api) as client:
            for _ in range(20):
                assert status(ask(client)) == 200
        for each in sockets:
            assert _say(each, b"are you there?") == b"are you there?"
        assert _guests(api).count >= 2 * STREAMS
        for each in (events[0], sockets[0]):
            each.close()
        wait_for(lambda: _guests(api).count == 2 * STREAMS - 2, "two to be gone", 30)
        began = time.monotonic()
    # Streams have no end of their own.
    assert time.monotonic() - began < at_most(20)


# The end


def test_a_request_under_way_is_answered_before_the_end() -> None:
    entered, release = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered.set()
        release.wait(PATIENCE)
        return hello(environ, start_response)

    api = APIService(slow)
    api.start()
    with connect(api) as client, connect(api) as idle:
        client.sendall(GET)
        assert entered.wait(PATIENCE)
        stopping = threading.Thread(target=api.stop)
        stopping.start()
        wait_for(lambda: is_closed(idle), "the idle connection to be closed", 30)
        release.set()
        answer = read_all(client)
        stopping.join()
    assert status(answer) == 200
    assert b"Connection: close" in answer
