# SPDX-License-Identifier: Apache-2.0
"""Strangers cannot forge the log or control an operator's terminal; and the log lines of refusals."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.test_explain import command
from tests.waiting import PATIENCE, wait_for

CLIENT = "a\n2026-11-30 12:00:00.000 1 CRITICAL forged \x1b[2J\x9b2J\u202etxt\u2028\x85"
_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ ([A-Z]+) (\S+) .*")


def _log(service: Deployment) -> str:
    return (service.directory / "all-in-one.log").read_text()


def _lines(service: Deployment) -> list[str]:
    """Lines of the log proper, not what the command itself prints."""
    return [line for line in _log(service).splitlines() if _LINE.match(line)]


def _unsafe(text: str) -> list[str]:
    return [char for char in text if char != "\n" and not char.isprintable()]


def _send(service: Deployment, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as stream:
        stream.sendall(raw)
        return stream.recv(65536)


def test_nothing_of_a_client_commands_a_log_or_a_terminal(all_in_one: Deployment) -> None:
    quoted = requests.utils.quote(CLIENT)
    headers = {"X-OpenStack-Ironic-API-Version": "latest"}
    for method, path, body in (
        ("GET", f"/v1/{quoted}", None),
        ("GET", f"/v1/nodes/{quoted}", None),
        ("DELETE", f"/v1/nodes/{quoted}", None),
        ("GET", f"/v1/nodes?{quoted}=1&sort_key={quoted}", None),
        ("POST", "/v1/nodes", {"driver": CLIENT, "name": CLIENT, CLIENT: CLIENT}),
        ("PATCH", f"/v1/nodes/{quoted}", [{"op": CLIENT, "path": CLIENT}]),
        ("POST", f"/v1/heartbeat/{quoted}", {"callback_url": CLIENT, "agent_token": CLIENT}),
        ("GET", f"/v1/lookup?addresses={quoted}&node_uuid={quoted}", None),
        ("GET", f"/boot/{quoted}", None),
        ("POST", "/v1/continue_inspection", {"inventory": {"interfaces": [CLIENT]}}),
        ("POST", "/v1/allocations", {"name": CLIENT, "resource_class": CLIENT}),
        ("PUT", f"/v1/nodes/{quoted}/states/power", {"target": CLIENT}),
    ):
        answer = requests.request(
            method, all_in_one.api_url + path, json=body, headers=headers, timeout=PATIENCE
        )
        assert 400 <= answer.status_code < 500, (path, answer.text)
    for header in (b"X-OpenStack-Request-ID", b"Authorization", b"X-Auth-Token", b"User-Agent"):
        sent = (
            b"GET /v1/\x1b[2J%%0a2026-11-30 HTTP/1.1\r\nHost: a\r\n%s: a\x1b[2J\xe2\x80\xae\r\n\r\n"
        )
        _send(all_in_one, sent % header)
    node = all_in_one.create_node(
        driver="fake-hardware", extra={"text": CLIENT}, description=CLIENT
    )
    all_in_one.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": CLIENT})
    text = _log(all_in_one)
    assert not _unsafe(text)
    assert not [line for line in text.splitlines() if line.startswith("2026-11-30 12:00:00.000 1")]
    assert (
        "\\n2026-11-30 12:00:00.000 1 CRITICAL forged \\x1b[2J\\x9b2J\\u202etxt\\u2028\\x85" in text
    )

    for words in (["explain", node], ["explain", node, "--all"], ["plan", node, "manage"]):
        shown = command(*words, "--api", all_in_one.api_url)
        assert not _unsafe(shown.stdout + shown.stderr), words
    asked = command("explain", CLIENT, "--api", all_in_one.api_url)
    assert not _unsafe(asked.stdout + asked.stderr)


def test_a_bmc_and_an_agent_that_command(all_in_one: Deployment) -> None:
    """Texts of agents and BMCs reach last_error, the log and ``explain``."""
    node = all_in_one.create_node(
        driver="ipmi", driver_info={"ipmi_address": "127.0.0.1", "ipmi_username": CLIENT[:8]}
    )
    all_in_one.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "manage"})
    wait_for(
        lambda: all_in_one.node(node)["last_error"], "the failure of the verification", timeout=120
    )
    assert not _unsafe(_log(all_in_one))
    shown = command("explain", node, "--api", all_in_one.api_url)
    assert not _unsafe(shown.stdout + shown.stderr)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/nodes/nobody", None, 404),
        ("DELETE", "/v1/lookup", None, 405),
        ("POST", "/v1/nodes", {}, 400),
        ("POST", "/v1/nodes", {"driver": "nosuch"}, 400),
        ("PUT", "/v1/nodes/n/states/provision", {"target": "active"}, 400),
        ("PUT", "/v1/nodes/n/states/provision", {"target": "nosuch"}, 400),
        ("PUT", "/v1/nodes/n/states/power", {"target": "nosuch"}, 400),
        ("POST", "/v1/ports", {"node_uuid": "n", "address": "odd"}, 400),
        ("POST", "/v1/chassis", {"extra": 1}, 400),
        ("PATCH", "/v1/nodes/n", [{"op": "remove", "path": "/extra/none"}], 400),
        ("POST", "/v1/heartbeat/n", {"callback_url": "http://a", "agent_token": "b"}, 404),
        ("GET", "/v1/lookup?addresses=52:54:00:00:00:99", None, 404),
        ("POST", "/v1/allocations", {"name": "a"}, 400),
        ("POST", "/v1/nodes", {"driver": "fake-hardware", "name": "n"}, 409),
    ],
)
def test_a_refusal_is_one_line(
    refusing: Deployment, method: str, path: str, body: object, status: int
) -> None:
    before = len(_lines(refusing))
    answer = refusing.request(method, path, body)
    assert answer.status_code == status, answer.text
    name = answer.headers["openstack-request-id"]
    lines = [line for line in _lines(refusing)[before:] if name in line and " DEBUG " not in line]
    assert len(lines) == 1, lines
    level = _LINE.match(lines[0])
    assert level is not None and level[1] == "INFO"
    assert "Traceback" not in _log(refusing)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> object:
    directory = tmp_path_factory.mktemp("refusing")
    with Deployment(directory, database=f"sqlite:///{directory}/ironic-lite.sqlite") as service:
        service.start_all_in_one()
        service.create_node(driver="fake-hardware", name="n")
        yield service


def test_a_storm_of_refusals_is_counted(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    service = make_deployment(database=sqlite_url)
    service.start_all_in_one()
    with requests.Session() as session:
        for _ in range(300):
            assert session.get(f"{service.api_url}/v1/nothing", timeout=PATIENCE).status_code == 404
    assert sum("GET /v1/nothing 404" in line for line in _lines(service)) == 10
    for number in range(30):
        service.create_node(driver="fake-hardware", name=f"n{number}")
    assert sum("POST /v1/nodes 201" in line for line in _lines(service)) == 30
    assert json.loads(service.request("GET", "/v1/nothing").json()["error_message"])["code"] == 404
