# SPDX-License-Identifier: Apache-2.0
"""An agent whose answers the test decides, for rare behaviour of the real one."""

import http.server
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.waiting import PATIENCE


class ScriptedAgent:
    """Commands run until the test ends them with :meth:`end`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.version = "1"
        self.steps: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.params: dict[str, dict[str, Any]] = {}
        self.tokens: list[str] = []
        self.on_step: Callable[[], None] | None = None
        self.partitions: list[dict[str, Any]] = []
        self.refusals: dict[str, str] = {}

    def offer(self, *names: str, **more: Any) -> list[dict[str, Any]]:
        """Offer in-band steps of the deploy interface; return them in the form of a request."""
        self.steps = [
            {"step": n, "interface": "deploy", "priority": 0, "abortable": True, **more}
            for n in names
        ]
        return [{"interface": "deploy", "step": name} for name in names]

    @property
    def executed(self) -> list[str]:
        """Names of the steps that were started, in order."""
        return [
            self.params[command["id"]]["step"]["step"]
            for command in self.commands
            if command["command_name"].startswith("execute_")
        ]

    def end(self, status: str = "SUCCEEDED", error: str | None = None) -> None:
        """End the last command."""
        last = self.commands[-1]
        last["command_status"] = status
        if error:
            last["command_error"] = {"type": "Error", "message": "m", "details": error}

    def restart(self) -> None:
        """Restart the agent without its earlier commands."""
        self.commands.clear()

    def execute(self, name: str, params: dict[str, Any]) -> tuple[int, Any]:
        """``POST /v1/commands/``."""
        _, short = name.split(".", 1)
        command = {
            "id": str(uuid.uuid4()),
            "command_name": short,
            "command_status": "RUNNING" if short.startswith("execute_") else "SUCCEEDED",
            "command_error": None,
            "command_result": None,
        }
        if short in self.refusals:
            return 500, {"faultcode": "Server", "faultstring": self.refusals[short]}
        if short == "get_partition_uuids":
            # The last answer repeats.
            told = self.partitions.pop(0) if len(self.partitions) > 1 else self.partitions[0]
            command["command_result"] = told
        elif short.startswith("get_"):
            kind = short.split("_")[1]
            command["command_result"] = {
                f"{kind}_steps": {"Manager": self.steps},
                "hardware_manager_version": {"Manager": self.version},
            }
        elif self.commands and self.commands[-1]["command_status"] == "RUNNING":
            return 409, {"faultcode": "Client", "faultstring": "Agent is busy"}
        self.commands.append(command)
        self.params[str(command["id"])] = params
        if short.startswith("execute_") and self.on_step:
            self.on_step()
        return 200, command

    def show(self, command_id: str) -> tuple[int, Any]:
        """``GET /v1/commands/<id>``, and the list of all for an empty id."""
        if not command_id:
            return 200, {"commands": self.commands}
        for command in self.commands:
            if command["id"] == command_id:
                return 200, command
        return 404, {"faultcode": "Client", "faultstring": "Command Result not found"}


@contextmanager
def running() -> Iterator[ScriptedAgent]:
    """An agent on a free port of the loopback interface."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*agent.show(self._path().rpartition("/")[2]))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._path()
            self._answer(*agent.execute(body["name"], body["params"]))

        def _path(self) -> str:
            path, _, query = self.path.partition("?")
            agent.tokens.append(query.removeprefix("agent_token="))
            return path

        def _answer(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            return None

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    agent = ScriptedAgent(f"http://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield agent
    finally:
        httpd.shutdown()
        thread.join(PATIENCE)
        httpd.server_close()
