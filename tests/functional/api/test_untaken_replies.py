# SPDX-License-Identifier: Apache-2.0
"""Clients that do not read their replies: the memory for them is limited, without an effect on others."""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.api.front import limits, untaken
from ironic_lite.api.front.service import APIService
from tests.bench import memory
from tests.functional.api import certificates, serving
from tests.functional.api.serving import read_all
from tests.functional.deployment import Deployment
from tests.options import overridden
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def free_port() -> Iterator[None]:
    with overridden({"api": {"port": 0}}):
        yield


@pytest.fixture(autouse=True)
def late_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads slowly on a busy machine is not disconnected for that."""
    monkeypatch.setattr(limits, "REPLY_PATIENCE", 10 * PATIENCE)


@pytest.fixture(params=["plain", "TLS"])
def reader(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[APIService], socket.socket]]:
    """Makes clients whose own buffers are small."""

    def plain(api: APIService) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(serving.address(api))
        return client

    if request.param == "plain":
        yield plain
        return
    certificate, key = certificates.write(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with overridden({"api": {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}}):
        yield lambda api: context.wrap_socket(plain(api))


def answering(size: int) -> Callable[..., Iterable[bytes]]:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = b"x" * size
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return application


def connections(api: APIService) -> int:
    assert api._door is not None
    return api._door.guests.count


def kept(api: APIService) -> untaken.Untaken:
    assert api._door is not None
    return api._door.untaken


@pytest.mark.parametrize("size", [200_000, 8 * MIB], ids=["short", "long"])
def test_what_is_kept_is_counted_until_it_is_taken(
    reader: Callable[[APIService], socket.socket], size: int
) -> None:
    # What the kernel takes at once does not wait here; so there is more than it takes.
    requests = 8 * MIB // size
    with serving.running(answering(size)) as api, reader(api) as client:
        client.sendall(GET * (requests - 1) + LAST)
        wait_for(lambda: kept(api).total, "something to be kept", 30)
        assert kept(api).total <= size + 1024
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MIB)
        assert read_all(client).count(b"200 OK") == requests
        wait_for(lambda: not kept(api).total, "nothing to be kept", 30)


def test_the_last_bytes_have_a_deadline_too(
    reader: Callable[[APIService], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """This holds for few connections too, and after the request is answered."""
    monkeypatch.setattr(limits, "REPLY_PATIENCE", 0.5)
    monkeypatch.setattr(limits, "BODY_RATE", 1024**3)
    with serving.running(answering(60_000)) as api, reader(api) as client:
        client.sendall(GET * 1000)
        wait_for(lambda: kept(api).total, "something to be kept", 30)
        wait_for(lambda: connections(api) == 0, "the connection to be ended", 30)
        assert not kept(api).total


def test_all_together_are_bounded(
    reader: Callable[[APIService], socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    options = {"max_replies_in_flight": 20 * MIB}
    with (
        overridden({"api": options}),
        serving.running(answering(8 * MIB)) as api,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(reader(api)) for _ in range(8)]
        for number, client in enumerate(clients):
            client.sendall(GET)
            held = min(number + 1, 2) * 8 * MIB
            wait_for(lambda held=held: kept(api).total >= held, "its reply", 30)  # type: ignore[misc]
            # Replies of several requests at the same time may come in another order.
            left = min(len(clients), len(clients) + 1 - number)
            wait_for(lambda left=left: connections(api) == left, "the oldest to be ended", 30)  # type: ignore[misc]
            assert kept(api).total <= 20 * MIB
        wait_for(lambda: connections(api) == 2, "the oldest to be ended", 30)
        newest = clients[-1]
        newest.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MIB)
        taken = 0
        # The rest of the first reply and a second one would exceed the limit.
        while taken < 8 * MIB:
            chunk = newest.recv(MIB)
            assert chunk, f"disconnected after {taken} bytes"
            taken += len(chunk)
        newest.sendall(LAST)
        assert read_all(newest).count(b"200 OK") == 1
    assert "max_replies_in_flight" in caplog.text


def _guest(key: str, ended: list[str]) -> limits.Guest:
    return limits.Guest(key, lambda: ended.append(key))


def test_the_client_that_keeps_most_makes_room() -> None:
    """A flood does not end the reply that another client reads slowly."""
    ended: list[str] = []
    replies = untaken.Untaken(100)
    replies.keep(_guest("honest", ended), 30)
    for _ in range(20):
        replies.keep(_guest("flood", ended), 10)
    assert ended == ["flood"] * 13
    assert replies.total == 100


def test_a_reply_larger_than_the_bound_is_kept_alone() -> None:
    ended: list[str] = []
    replies, large = untaken.Untaken(100), _guest("large", ended)
    replies.keep(large, 300)
    assert not ended
    replies.keep(large, 200)
    assert replies.total == 200 and not ended
    replies.taken(large)
    assert replies.total == 0


def test_memory_of_readers_that_do_not_read(all_in_one: Deployment) -> None:
    """Lists of more than a megabyte each, requested by a hundred clients that read nothing."""
    assert all_in_one.api is not None
    for number in range(30):
        node = {"driver": "fake-hardware", "name": f"n{number}", "extra": {"x": "y" * 200_000}}
        assert all_in_one.request("POST", "/v1/nodes", node).status_code == 201
    pid = all_in_one.api.pid
    request = (
        b"GET /v1/nodes/detail HTTP/1.1\r\nHost: localhost\r\n"
        b"X-OpenStack-Ironic-API-Version: 1.80\r\n\r\n"
    )
    address = ("127.0.0.1", all_in_one.port)
    with socket.create_connection(address, timeout=PATIENCE) as once:
        once.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert len(read_all(once)) > 5 * MIB
    idle = memory.measure(pid).rss_mib
    peak = idle
    with ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
            client.sendall(request)
            # One after the other: what the threads need to write replies is not what is limited here.
            assert client.recv(1, socket.MSG_PEEK)
            peak = max(peak, memory.measure(pid).rss_mib)
        answered = all_in_one.request("GET", "/v1/nodes?limit=1")
        assert answered.ok
        log = all_in_one.directory / "all-in-one.log"
        wait_for(lambda: "max_replies_in_flight" in log.read_text(), "some to be ended", 60)
        peak = max(peak, memory.measure(pid).rss_mib)
    assert peak - idle <= 300
