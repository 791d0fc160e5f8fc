# SPDX-License-Identifier: Apache-2.0
"""A terminal server on loopback: the edge of the hardware."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import wait_for


class TerminalServer:
    """One raw TCP port of one serial line; it keeps what was typed and what it sent to a connection."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.typed = b""
        self.connections = 0
        self._connection: socket.socket | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._connection = connection
                self.connections += 1
                with contextlib.suppress(OSError):
                    while data := connection.recv(4096):
                        self.typed += data
                self._connection = None

    def print(self, text: bytes) -> None:
        """The server prints; the connection must be there."""
        connection = wait_for(lambda: self._connection, "the conductor's connection")
        connection.sendall(text)

    def cut(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()
        self.cut()


@pytest.fixture
def line() -> Iterator[TerminalServer]:
    server = TerminalServer()
    yield server
    server.close()


OPTIONS: dict[str, Any] = {
    "DEFAULT": {
        "enabled_hardware_types": "fake-hardware",
        "enabled_console_interfaces": "fake,terminal-server",
    },
    "console": {"check_interval": 1},
}


@pytest.fixture
def consoles(make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    """An all-in-one service with consoles."""
    cloud = make_deployment(database=sqlite_url, options=OPTIONS)
    cloud.start_all_in_one()
    return cloud


def with_console(cloud: Deployment, line: TerminalServer) -> str:
    """A node whose console is on, and connected."""
    node = cloud.create_node(
        driver="fake-hardware",
        console_interface="terminal-server",
        driver_info={"terminal_server_address": line.address},
    )
    cloud.call("PUT", f"/v1/nodes/{node}/states/console", {"enabled": True})
    cloud.wait_for_node(node, console_enabled=True)
    wait_for(lambda: information(cloud, node)["state"] == "connected", "the console")
    return node


def information(cloud: Deployment, node: str) -> dict[str, Any]:
    """What the API says of a console."""
    found: dict[str, Any] = cloud.call("GET", f"/v1/nodes/{node}/states/console")["console_info"]
    return found
