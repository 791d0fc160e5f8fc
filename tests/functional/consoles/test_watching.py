# SPDX-License-Identifier: Apache-2.0
"""Consoles as others see them: the raw TCP port of Nova's serial proxy, and WebSockets."""

import json
import socket
import urllib.parse
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.functional.consoles.conftest import TerminalServer, information, with_console
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, wait_for


def websocket(cloud: Deployment, node: str, token: str | None = None) -> ClientConnection:
    """A WebSocket of a console, with a new token."""
    if token is None:
        token = cloud.call("POST", f"/v1/nodes/{node}/console/token")["token"]
    root = cloud.api_url.replace("http", "ws", 1)
    return connect(f"{root}/consoles/{node}?token={token}", open_timeout=PATIENCE)


def said(client: ClientConnection) -> dict[str, Any]:
    """The next JSON object."""
    while True:
        message = client.recv(timeout=PATIENCE)
        if isinstance(message, str):
            found: dict[str, Any] = json.loads(message)
            return found


def until(client: ClientConnection, end: bytes) -> bytes:
    """The bytes of the console up to ``end``."""
    found = b""
    while not found.endswith(end):
        message = client.recv(timeout=PATIENCE)
        if isinstance(message, bytes):
            found += message
    return found


def test_a_raw_port(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    told = information(consoles, node)
    assert told["type"] == "socat"
    url = urllib.parse.urlsplit(told["url"])
    with socket.create_connection((url.hostname, url.port), PATIENCE) as client:
        client.sendall(b"root\r")
        wait_for(lambda: line.typed == b"root\r", "what was typed")
        line.print(b"Password: ")
        assert client.recv(100) == b"Password: "
        consoles.call("PUT", f"/v1/nodes/{node}/states/console", {"enabled": False})
        assert client.recv(100) == b""


def test_who_joins_sees_the_screen_and_then_every_byte_once(
    consoles: Deployment, line: TerminalServer
) -> None:
    node = with_console(consoles, line)
    with websocket(consoles, node) as first:
        assert said(first)["state"] == "connected"
        line.print(b"\x1b[2Jgone\x1b[2J\x1b[1;1Hlogin: ")
        until(first, b"login: ")
        with websocket(consoles, node) as second:
            assert said(second)["watchers"] == 2
            screen = until(second, b"\x1b[1;8H")
            assert (b"login: " in screen, b"gone" in screen) == (True, False)
            text = b"".join(b"%d " % number for number in range(50_000)) + b"END"
            line.print(text)
            assert until(second, b"END") == text
            assert until(first, b"END") == text


def test_one_writes(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    with websocket(consoles, node) as first, websocket(consoles, node) as second:
        said(first)
        said(second)
        first.send(b"a")
        assert (said(first)["writing"], said(second)["writing"]) == (True, False)
        second.send(b"b")
        second.send(json.dumps({"do": "take"}))
        assert said(first) == {"asks": "somebody"}
        assert said(second)["writing"] is False
        first.send(json.dumps({"do": "give"}))
        assert (said(first)["writer"], said(second)["writer"]) == (None, None)
        second.send(b"c")
        assert said(second)["writing"] is True
        first.send(json.dumps({"do": "take", "force": True}))
        assert [said(first)["writing"] for _ in range(2)] == [False, True]
        first.send(b"d")
        wait_for(lambda: line.typed == b"acd", "what was typed", describe=lambda: line.typed)


def test_a_token_counts_once_and_for_one_node(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    token = consoles.call("POST", f"/v1/nodes/{node}/console/token")["token"]
    with websocket(consoles, node, token) as client:
        said(client)
    for wrong in (token, "x" * 43, ""):
        with websocket(consoles, node, wrong) as client, pytest.raises(ConnectionClosed) as closed:
            assert "refused" in said(client)
            client.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (4403, 4410)
    assert consoles.request("GET", f"/consoles/{node}").status_code == 426
