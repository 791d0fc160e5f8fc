# SPDX-License-Identifier: Apache-2.0
"""Streams of images, from sources that behave and sources that do not."""

import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from ironic_lite.api.front.service import APIService
from ironic_lite.api.images import streams
from ironic_lite.common import exception
from ironic_lite.common.outbound import streams as outbound_streams
from ironic_lite.conf import CONF
from tests.functional.api import serving
from tests.functional.images import origin, streaming
from tests.waiting import PATIENCE, wait_for

CONTENT = os.urandom(3 * 1024 * 1024 + 17)
NODE, OTHER = "5b2f6c1e-0a4d-4f7e-9c3b-8d1e2f3a4b5c", "7d4e8f2a-1b3c-4d5e-8f6a-9b0c1d2e3f4a"
PATH = f"/images/{NODE}/image_source?token=0-abc"

Conductor = Callable[..., Mapping[str, Any]]


@pytest.fixture
def source() -> Iterator[origin.Origin]:
    with origin.running() as made:
        made.content = CONTENT
        yield made


@pytest.fixture
def opened(source: origin.Origin) -> dict[str, Any]:
    """The answer of the conductors."""
    return {"url": f"{source.url}/file", "headers": {"X-Auth-Token": "s3cret"}, "is_trusted": True}


@pytest.fixture
def api(opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[APIService]:
    def answer(_context: Any, node: str, field: str, token: str) -> Mapping[str, Any]:
        if node not in (NODE, OTHER) or (field, token) != ("image_source", "0-abc"):
            raise exception.ImageNotFound(image_id="of this URL")
        opened["asked"] = opened.get("asked", 0) + 1
        if "error" in opened:
            raise opened["error"]
        return opened

    with streaming.running(monkeypatch, answer) as made:
        yield made


def _get(
    api: APIService, path: str = PATH, method: str = "GET", **headers: str
) -> requests.Response:
    return requests.request(method, f"{api.url}{path}", headers=headers, timeout=PATIENCE)


def test_a_whole_image(api: APIService, source: origin.Origin) -> None:
    answer = _get(api)
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(CONTENT).digest()
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert source.requests[0][1]["x-auth-token"] == "s3cret"


def test_a_part_of_it(api: APIService) -> None:
    answer = _get(api, Range="bytes=100-2000099")
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 100-2000099/{len(CONTENT)}"
    assert answer.content == CONTENT[100:2000100]


def test_its_head(api: APIService) -> None:
    answer = _get(api, method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/images/{NODE}/image_source", 404),
        ("GET", f"/images/{NODE}/image_source?token=", 404),
        ("GET", f"/images/{NODE}/image_source?token=wrong", 404),
        ("GET", f"/images/{NODE.upper()}/image_source?token=0-abc", 404),
        ("GET", f"/images/{NODE.replace('-', '')}/image_source?token=0-abc", 404),
        ("GET", "/images/its-name/image_source?token=0-abc", 404),
        ("GET", f"/images/{NODE}/image_source?token=0-abc&token=0-abc", 404),
        ("GET", f"/images/{NODE}/kernel?token=0-abc", 404),
        ("GET", f"/images/{NODE}/a/b?token=0-abc", 404),
        ("GET", "/images/", 404),
        ("GET", f"/images/{NODE}/image_source?token={'x' * 5000}", 404),
        ("POST", PATH, 405),
        ("DELETE", PATH, 405),
    ],
)
def test_what_is_no_url_of_an_image(
    api: APIService, source: origin.Origin, method: str, path: str, status: int
) -> None:
    answer = _get(api, path, method)
    assert answer.status_code == status
    assert "faultstring" in answer.json()["error_message"]
    assert source.requests == []


@pytest.mark.parametrize(
    ("change", "status"),
    [({"status": 404}, 404), ({"status": 403}, 503), ({"status": 500}, 503), ({"says": ""}, 503)],
)
def test_a_source_that_does_not_answer_with_the_image(
    api: APIService, source: origin.Origin, change: dict[str, Any], status: int
) -> None:
    for name, value in change.items():
        setattr(source, name, value)
    answer = _get(api)
    assert answer.status_code == status
    assert "s3cret" not in answer.text
    assert source.url not in answer.text


def test_an_image_that_has_another_size_now(
    api: APIService, opened: dict[str, Any], source: origin.Origin
) -> None:
    opened["size"] = len(CONTENT) - 1
    assert _get(api).status_code == 503
    opened["size"] = len(CONTENT)
    source.says = ""
    assert _get(api).content == CONTENT


@pytest.mark.parametrize("sends", [0, 1_000_000])
def test_a_source_that_ends_early_ends_the_connection(
    api: APIService, source: origin.Origin, sends: int
) -> None:
    source.sends = sends
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _get(api)
    source.sends = None
    assert _get(api).content == CONTENT


def test_a_source_that_falls_silent(
    api: APIService, source: origin.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound_streams, "SILENCE", 0.5)
    source.stalls.set()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _get(api)
    wait_for(lambda: source.streaming == 0, "the end of the source's answer")


def test_a_client_that_leaves_ends_the_stream(api: APIService, source: origin.Origin) -> None:
    source.content = bytes(64 * 1024 * 1024)
    with serving.connect(api) as client:
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert source.streaming == 1
    wait_for(lambda: source.streaming == 0, "the end of the stream")


@pytest.mark.parametrize("stalls", [True, False])
def test_the_end_of_its_operation_cuts_a_stream_off(
    api: APIService,
    source: origin.Origin,
    opened: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    stalls: bool,
) -> None:
    """Whether it waits for its source or for a client that does not read; a conductor that is away does not end it."""
    monkeypatch.setattr(streams, "_REVISIT", 0.05)
    source.content = bytes(64 * 1024 * 1024)
    if stalls:
        source.stalls.set()
    with serving.connect(api) as client:
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        opened["error"] = exception.ServiceUnavailable(err="no conductor answers")
        asked = opened["asked"]
        wait_for(lambda: opened["asked"] > asked + 2, "questions to the conductors")
        assert source.streaming == 1
        opened["error"] = exception.ImageNotFound(image_id="of this URL")
        wait_for(lambda: source.streaming == 0, "the end of the stream")
        wait_for(lambda: not client.recv(1 << 20), "the end of the connection", interval=0)


def _slow(api: APIService) -> socket.socket:
    client = serving.connect(api)
    client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    return client


def test_no_more_streams_than_allowed(
    api: APIService, source: origin.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further streams wait until another one ends, or get 503."""
    monkeypatch.setattr(streams, "_PATIENCE", 0.3)
    CONF.set_override("max_streams", 2, group="images")
    source.content = bytes(64 * 1024 * 1024)
    clients = [_slow(api) for _ in range(2)]
    refused = _get(api)
    assert refused.status_code == 503
    assert "max_streams" in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    clients.pop().close()
    wait_for(lambda: source.streaming == 1, "the end of the first stream")
    source.content = CONTENT
    assert _get(api).content == CONTENT
    clients.pop().close()


def test_one_node_does_not_take_all_places(api: APIService, source: origin.Origin) -> None:
    source.content = bytes(64 * 1024 * 1024)
    clients = [_slow(api) for _ in range(4)]
    refused = _get(api)
    assert refused.status_code == 503
    assert "4 images already" in refused.text
    assert _get(api, PATH.replace(NODE, OTHER), method="HEAD").status_code == 200
    clients.pop().close()
    wait_for(lambda: source.streaming == 3, "the end of the first stream")
    assert _get(api, method="HEAD").status_code == 200
    for client in clients:
        client.close()


def test_who_has_no_url_takes_no_place(
    api: APIService, source: origin.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_PATIENCE", 0.3)
    CONF.set_override("max_streams", 1, group="images")
    source.content = bytes(64 * 1024 * 1024)
    with _slow(api):
        # The only place is taken, and the answer about a wrong URL does not wait for it.
        assert _get(api, PATH + "x").status_code == 404
        assert _get(api).status_code == 503


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/", "file:///etc/passwd", "http://127.1/"],
)
def test_redirects_to_where_the_service_does_not_connect(
    api: APIService, opened: dict[str, Any], source: origin.Origin, target: str
) -> None:
    opened["is_trusted"] = False
    source.redirects["/file"] = target
    CONF.set_override("allowed_networks", ["127.0.0.0/8"], group="outbound")
    answer = _get(api)
    assert answer.status_code == 503
    assert len(source.requests) == 1


def test_a_redirect_to_another_host_gets_no_credentials(
    api: APIService, opened: dict[str, Any], source: origin.Origin
) -> None:
    opened["is_trusted"] = False
    CONF.set_override("allowed_networks", ["127.0.0.0/8"], group="outbound")
    with origin.running() as other:
        other.content = CONTENT
        source.redirects["/file"] = "/here"
        source.redirects["/here"] = f"{other.url}/there"
        assert _get(api).content == CONTENT
        assert [r[1].get("x-auth-token") for r in source.requests] == ["s3cret", "s3cret"]
        assert [r[1].get("x-auth-token") for r in other.requests] == [None]


def test_loopback_is_denied_without_permission(
    api: APIService, opened: dict[str, Any], source: origin.Origin
) -> None:
    opened["is_trusted"] = False
    CONF.set_override("allowed_networks", [], group="outbound")
    assert _get(api).status_code == 503
    assert source.requests == []


def test_redirects_without_end(
    api: APIService, opened: dict[str, Any], source: origin.Origin
) -> None:
    opened["is_trusted"] = False
    CONF.set_override("allowed_networks", ["127.0.0.0/8"], group="outbound")
    source.redirects["/file"] = "/file"
    assert _get(api).status_code == 503
    assert len(source.requests) == outbound_streams.MAX_REDIRECTS + 1
