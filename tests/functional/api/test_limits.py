# SPDX-License-Identifier: Apache-2.0
"""What is too much: bodies, nesting, and bytes that are no HTTP."""

import json
import socket
from typing import Any

import pytest
import requests

from tests.functional.api.conftest import MAX_BODY, MAX_DEPTH, MAX_PROVISION_BODY
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE

pytestmark = pytest.mark.timed


def _fault(answer: requests.Response) -> str:
    inner: dict[str, Any] = json.loads(answer.json()["error_message"])
    return str(inner["faultstring"])


def _nested(depth: int) -> dict[str, Any]:
    """Return a node's body with ``depth`` levels; the body is the first."""
    value: Any = 1
    for _ in range(depth - 1):
        value = {"a": value}
    return {"driver": "nosuch", "extra": value}


def test_body_as_large_as_allowed(limited_service: Deployment) -> None:
    body = {"driver": "nosuch", "extra": {"a": ""}}
    body["extra"] = {"a": "x" * (MAX_BODY - len(json.dumps(body)))}
    answer = limited_service.request("POST", "/v1/nodes", body)
    assert answer.status_code == 400
    assert "nosuch" in _fault(answer)


def test_body_too_large(limited_service: Deployment) -> None:
    answer = limited_service.request(
        "POST", "/v1/nodes", {"driver": "nosuch", "extra": {"a": "x" * MAX_BODY}}
    )
    assert answer.status_code == 413
    assert str(MAX_BODY) in _fault(answer)
    assert answer.headers["openstack-request-id"].startswith("req-")


def test_chunked_body_too_large(limited_service: Deployment) -> None:
    """The body has no declared length."""
    chunks = iter([b'{"driver": "', *[b"x" * 1024] * (MAX_BODY // 1024), b'"}'])
    answer = requests.post(f"{limited_service.api_url}/v1/nodes", data=chunks, timeout=PATIENCE)
    assert answer.status_code == 413


def test_chunked_body(limited_service: Deployment) -> None:
    chunks = iter([b'{"driver":', b' "nosuch"}'])
    answer = requests.post(f"{limited_service.api_url}/v1/nodes", data=chunks, timeout=PATIENCE)
    assert answer.status_code == 400
    assert "nosuch" in _fault(answer)


def test_config_drive_may_be_larger(limited_service: Deployment) -> None:
    node = limited_service.create_node(driver="fake-hardware")
    path = f"/v1/nodes/{node}/states/provision"
    drive = "QUJD" * (MAX_BODY // 4)
    answer = limited_service.request("PUT", path, {"target": "active", "configdrive": drive})
    assert answer.status_code == 400
    assert "can not be performed" in _fault(answer)
    drive = "QUJD" * (MAX_PROVISION_BODY // 4)
    answer = limited_service.request("PUT", path, {"target": "active", "configdrive": drive})
    assert answer.status_code == 413


def test_nesting(limited_service: Deployment) -> None:
    answer = limited_service.request("POST", "/v1/nodes", _nested(MAX_DEPTH))
    assert "nosuch" in _fault(answer)
    answer = limited_service.request("POST", "/v1/nodes", _nested(MAX_DEPTH + 1))
    assert answer.status_code == 400
    assert "nested too deeply" in _fault(answer)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_without_end(limited_service: Deployment, opening: bytes) -> None:
    """The body is deeper than any parser's stack."""
    body = opening * (MAX_BODY // len(opening) - 1)
    answer = requests.post(f"{limited_service.api_url}/v1/nodes", data=body, timeout=PATIENCE)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"driver": "\xff"}',
        b'{"driver": "\\ud800"}',
        b'{"driver": 1e999}',
        b'"a string"',
        b"null",
        b"[]",
    ],
)
def test_odd_bodies(limited_service: Deployment, body: bytes) -> None:
    for method, path in (
        ("POST", "/v1/nodes"),
        ("POST", "/v1/ports"),
        ("POST", "/v1/heartbeat/0f000000-0000-4000-8000-0000000000ff"),
    ):
        answer = requests.request(
            method,
            limited_service.api_url + path,
            data=body,
            headers={"X-OpenStack-Ironic-API-Version": "latest"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 400, (path, answer.text)
        assert _fault(answer)


def test_numbers_that_no_database_has(limited_service: Deployment) -> None:
    """Odd values in free-form fields come back unchanged or are refused; the service keeps running."""
    node = limited_service.create_node(
        driver="fake-hardware", extra={"max": 2**64 - 1, "min": -(2**63), "nul": "a\x00b"}
    )
    assert limited_service.node(node)["extra"] == {
        "max": 2**64 - 1,
        "min": -(2**63),
        "nul": "a\x00b",
    }
    answer = limited_service.request(
        "PATCH",
        f"/v1/nodes/{node}",
        [{"op": "add", "path": "/description", "value": "a\x00b"}],
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: minus\r\n\r\n",
        b"POST /v1/nodes HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nonsense", "length", "promise", "path", "header"],
)
def test_odd_requests(limited_service: Deployment, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", limited_service.port), timeout=PATIENCE) as stream:
        try:
            stream.sendall(request_bytes)
            answer = stream.recv(4096)
        except ConnectionError:
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    assert limited_service.request("GET", "/v1").ok


HUGE = 98765432109876543210
DEEP = '{"a":' * 100_000


def test_integers_beyond_64_bits(limited_service: Deployment) -> None:
    """Integers stay exact in requests, the database, entity tags, patches and replies."""
    values = {"n": HUGE, "list": [-HUGE, {"m": 10**300}], "text": str(HUGE)}
    node = limited_service.create_node(
        driver="fake-hardware", extra=values, properties=values, driver_info=values
    )
    path = f"/v1/nodes/{node}"
    shown = limited_service.request("GET", path)
    assert all(shown.json()[field] == values for field in ("extra", "properties", "driver_info"))
    answer = limited_service.request(
        "PATCH",
        path,
        [
            {"op": "replace", "path": "/extra/n", "value": HUGE + 1},
        ],
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["extra"]["n"] == HUGE + 1
    listed = limited_service.call("GET", "/v1/nodes/detail")["nodes"]
    assert [each["extra"]["n"] for each in listed if each["uuid"] == node] == [HUGE + 1]


def test_json_in_a_text_that_is_too_deep(limited_service: Deployment) -> None:
    text = DEEP[: MAX_BODY // 2]
    node = limited_service.create_node(
        driver="fake-hardware", properties={"capabilities": text}, instance_info={}
    )
    path = f"/v1/nodes/{node}"
    assert limited_service.node(node)["properties"]["capabilities"] == text
    for verb in ("GET", "validate"):
        answer = limited_service.request("GET", path if verb == "GET" else f"{path}/validate")
        assert answer.status_code == 200, answer.text
    for verb, state in (("manage", "manageable"), ("provide", "available")):
        limited_service.set_provision_state(node, verb, until=state)
    answer = limited_service.request(
        "PUT", f"{path}/states/provision", {"target": "active", "configdrive": DEEP[:100_000]}
    )
    assert answer.status_code == 400
    assert "nested too deeply" in _fault(answer)
    answer = limited_service.request(
        "PATCH", path, [{"op": "remove", "path": "/properties/capabilities"}]
    )
    assert answer.status_code == 200
    assert limited_service.node(node)["properties"] == {}


@pytest.mark.parametrize("part", [b"{},", b"[],", b'"",', b"1,"])
def test_parts_without_end(limited_service: Deployment, part: bytes) -> None:
    body = b'{"inventory":[' + part * (8 * 1024 * 1024 // len(part)) + b"1]}"
    answer = requests.post(
        f"{limited_service.api_url}/v1/continue_inspection", data=body, timeout=PATIENCE
    )
    assert answer.status_code == 400
    assert "more than 200000 values" in _fault(answer)
