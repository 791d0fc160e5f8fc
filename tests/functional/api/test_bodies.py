# SPDX-License-Identifier: Apache-2.0
"""Large bodies: without access they are refused before they are read, and their total memory is limited."""

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import bcrypt
import pytest

from ironic_lite.api import bodies
from ironic_lite.api.front import budget, limits
from ironic_lite.common import exception
from tests.functional.api import serving
from tests.functional.api.conftest import MAX_BODY, MAX_PROVISION_BODY
from tests.functional.api.serving import connect, fault, read_all, status
from tests.functional.deployment import Deployment
from tests.options import overridden
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

LARGE = limits.SMALL_BODY + 1
MIB = 1024 * 1024
NOBODY = "0f000000-0000-4000-8000-0000000000ff"


def head(method: str, path: str, length: int, *more: str) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "X-OpenStack-Ironic-API-Version: latest",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer_to_head(port: int, request: bytes) -> bytes:
    """Return the answer to a request without any byte of its body; the connection is closed after it."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(request)
        return read_all(client)


REFUSED = {
    "no such path": ("POST", "/v1/nosuch", 404),
    "no such method": ("PUT", "/v1/nodes", 405),
    "no such node": ("PUT", f"/v1/nodes/{NOBODY}/states/provision", 404),
    "no such node to change": ("PATCH", f"/v1/nodes/{NOBODY}", 404),
    "too large for its route": ("POST", "/v1/nodes", 413),
    "too large for a heartbeat": ("POST", f"/v1/heartbeat/{NOBODY}", 413),
}


@pytest.mark.parametrize(("method", "path", "expected"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("expect", [(), ("Expect: 100-continue",)], ids=["plain", "expecting"])
def test_refused_before_the_body_is_read(
    limited_service: Deployment, method: str, path: str, expected: int, expect: tuple[str, ...]
) -> None:
    answer = answer_to_head(limited_service.port, head(method, path, 100 * MIB, *expect))
    assert status(answer) == expected
    assert b"100 Continue" not in answer
    assert b"openstack-request-id: req-" in answer
    json.loads(answer.partition(b"\r\n\r\n")[2])


def test_a_body_that_nobody_asks_for_is_not_read(limited_service: Deployment) -> None:
    answer = answer_to_head(limited_service.port, head("GET", "/v1/nodes", MIB))
    assert status(answer) == 200


def test_a_node_is_looked_at_before_a_config_drive(limited_service: Deployment) -> None:
    node = limited_service.create_node(driver="fake-hardware")
    path = f"/v1/nodes/{node}/states/provision"
    request = head("PUT", path, MAX_PROVISION_BODY + 1)
    answer = answer_to_head(limited_service.port, request)
    assert status(answer) == 413
    assert str(MAX_PROVISION_BODY) in fault(answer)

    body = json.dumps({"target": "active", "configdrive": "QUJD" * (MAX_BODY // 2)}).encode()
    assert LARGE < len(body) < MAX_PROVISION_BODY
    address = ("127.0.0.1", limited_service.port)
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(head("PUT", path, len(body), "Expect: 100-continue", "Connection: close"))
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        answer = read_all(client)
    assert status(answer) == 400
    assert "can not be performed" in fault(answer)


@pytest.mark.parametrize("length", [100, 60_000])
def test_http_1_0_knows_no_interim_answer(limited_service: Deployment, length: int) -> None:
    """An HTTP/1.0 client would take 100 Continue for the answer, so it gets none and sends its body at once."""
    body = json.dumps({"driver": "no-such", "name": "x" * (length - 40)}).ljust(length).encode()
    request = head("POST", "/v1/nodes", length, "Expect: 100-continue")
    request = request.replace(b"HTTP/1.1", b"HTTP/1.0")
    with socket.create_connection(("127.0.0.1", limited_service.port), timeout=PATIENCE) as client:
        client.sendall(request + body)
        answer = read_all(client)
    assert status(answer) == 400
    assert b"100 Continue" not in answer


@pytest.mark.parametrize("length", [17, LARGE])
def test_other_types_than_json(limited_service: Deployment, length: int) -> None:
    request = head("POST", "/v1/nodes", length).replace(b"application/json", b"text/plain")
    with socket.create_connection(("127.0.0.1", limited_service.port), timeout=PATIENCE) as client:
        client.sendall(request + b" " * (length if length < LARGE else 0))
        answer = client.recv(65536)
    assert status(answer) == 415


@pytest.mark.parametrize("coding, code", [("gzip", 415), ("br, identity", 415), ("identity", 400)])
def test_bodies_come_as_they_are(limited_service: Deployment, coding: str, code: int) -> None:
    with socket.create_connection(("127.0.0.1", limited_service.port), timeout=PATIENCE) as client:
        client.sendall(head("POST", "/v1/nodes", 2, f"Content-Encoding: {coding}") + b"{}")
        answer = client.recv(65536)
    assert status(answer) == code
    assert ("Content-Encoding" in fault(answer)) == (code == 415)


@pytest.fixture
def guarded(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Any
) -> Iterator[Deployment]:
    users, roles = tmp_path / "htpasswd", tmp_path / "roles"
    entry = bcrypt.hashpw(b"secret", bcrypt.gensalt(rounds=4)).decode()
    users.write_text(f"ada:{entry}\nnone:{entry}\nreader:{entry}\n")
    roles.write_text(
        "ada: {roles: [admin], system_scope: all}\nreader: {roles: [reader], system_scope: all}\n"
    )
    cloud = make_deployment(
        database=sqlite_url,
        options={
            "DEFAULT": {
                "auth_strategy": "http_basic",
                "http_basic_auth_user_file": users,
                "http_basic_roles_file": roles,
            }
        },
        credentials=("ada", "secret"),
    )
    cloud.start_all_in_one()
    yield cloud


def test_who_may_not_is_told_so_before_the_body_is_read(guarded: Deployment) -> None:
    node = guarded.create_node(driver="fake-hardware")
    provision = f"/v1/nodes/{node}/states/provision"
    cases = [
        # user:password in base64, method, path, status
        ("", "PUT", provision, 401),
        ("YWRhOndyb25n", "PUT", provision, 401),
        ("bm9uZTpzZWNyZXQ=", "PUT", provision, 404),
        ("cmVhZGVyOnNlY3JldA==", "PUT", provision, 403),
        ("bm9uZTpzZWNyZXQ=", "POST", "/v1/nodes", 403),
        ("bm9uZTpzZWNyZXQ=", "POST", "/v1/ports", 403),
        ("bm9uZTpzZWNyZXQ=", "POST", "/v1/portgroups", 403),
        ("bm9uZTpzZWNyZXQ=", "POST", "/v1/volume/targets", 403),
        ("cmVhZGVyOnNlY3JldA==", "POST", "/v1/runbooks", 403),
        ("cmVhZGVyOnNlY3JldA==", "POST", "/v1/deploy_templates", 403),
        ("cmVhZGVyOnNlY3JldA==", "POST", "/v1/events", 403),
    ]
    for credentials, method, path, expected in cases:
        more = [f"Authorization: Basic {credentials}"] if credentials else []
        answer = answer_to_head(guarded.port, head(method, path, LARGE, *more))
        assert status(answer) == expected, (method, path, credentials, answer)


# The bounds of all of them together


def reading(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """An application that returns the length of the body."""
    try:
        text = str(len(bodies.read(environ, MIB))).encode()
        code = "200 OK"
    except exception.IronicLiteError as exc:
        text, code = exc.message.encode(), f"{exc.code} Refused"
    start_response(code, [("Content-Length", str(len(text)))])
    return [text]


@pytest.fixture
def small_budget() -> Iterator[None]:
    names = ("max_body_size", "max_provision_body_size", "max_inspection_body_size")
    options = {**dict.fromkeys(names, MIB), "max_bodies_in_flight": MIB, "port": 0}
    with overridden({"api": options}):
        yield


def test_large_bodies_wait_for_room(small_budget: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "PATIENCE", 1.0)
    size = MIB // 2 + 1
    with serving.running(reading) as api, connect(api) as first:
        first.sendall(head("POST", "/", size, "Expect: 100-continue"))
        assert first.recv(4096).startswith(b"HTTP/1.1 100 ")
        with connect(api) as second:
            second.sendall(head("POST", "/", size))
            answer = read_all(second)
        assert status(answer) == 503
        assert b"Retry-After: " in answer
        # Small ones do not wait for large ones.
        with connect(api) as small:
            small.sendall(head("POST", "/", 5) + b"12345")
            assert small.recv(4096).endswith(b"5")
        first.sendall(b" " * size)
        assert first.recv(4096).endswith(str(size).encode())
        with connect(api) as third:
            third.sendall(head("POST", "/", size) + b" " * size)
            assert third.recv(4096).endswith(str(size).encode())


def test_a_client_that_leaves_gives_its_room_back(
    small_budget: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving.running(reading) as api:
        for _ in range(3):
            with connect(api) as client:
                client.sendall(head("POST", "/", MIB, "Expect: 100-continue"))
                assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        with connect(api) as last:
            last.sendall(head("POST", "/", MIB) + b" " * MIB)
            assert last.recv(4096).endswith(str(MIB).encode())


@pytest.mark.parametrize("size", [limits.SMALL_BODY, LARGE, MIB, MIB + 1])
def test_chunks_of_any_length(small_budget: None, size: int) -> None:
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece)
        for piece in (b" " * min(10_000, size - at) for at in range(0, size, 10_000))
    )
    with serving.running(reading) as api, connect(api) as client:
        client.sendall(
            head("POST", "/", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        )
        client.sendall(chunks + b"0\r\n\r\n")
        answer = client.recv(65536)
    if size > MIB:
        assert status(answer) == 413
    else:
        assert answer.endswith(str(size).encode())


def test_the_share_of_agents_is_taken_by_whole_requests(limited_service: Deployment) -> None:
    """More slow heartbeats than agents have threads; lookups are answered meanwhile."""
    path = f"/v1/heartbeat/{NOBODY}"
    slow = [
        socket.create_connection(("127.0.0.1", limited_service.port), timeout=PATIENCE)
        for _ in range(8)
    ]
    try:
        for each in slow:
            each.sendall(head("POST", path, 500) + b"{")
        lookup = f"/v1/lookup?node_uuid={NOBODY}"
        wait_for(lambda: limited_service.request("GET", lookup).status_code == 404, "an answer", 10)
        for _ in range(10):
            assert limited_service.request("GET", lookup).status_code == 404
    finally:
        for each in slow:
            each.close()
