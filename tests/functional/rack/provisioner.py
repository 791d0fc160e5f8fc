# SPDX-License-Identifier: Apache-2.0
"""The other end of the agent's protocol: serves boot scripts, lookup and heartbeat, and sends commands."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.waiting import PATIENCE

TOKEN = "t" * 43
NODE = "6b1f2c5e-5d0a-4a68-9f1e-3f0c7f4f4a10"


class Provisioner:
    """A provisioning API of one node. Change its fields to change its answers."""

    def __init__(self) -> None:
        self.scripts: dict[str, str] = {}
        self.lookup_status = 200
        self.heartbeat_status = 202
        self.token = TOKEN
        self.version = "1.115"
        self.heartbeats: list[dict[str, Any]] = []
        self.lookups: list[tuple[str, dict[str, list[str]]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> "Provisioner":
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Root of the API."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def boot_agent(self, mac: str, images_url: str) -> None:
        """Let a server boot into the agent."""
        self.scripts[mac.replace(":", "-")] = (
            "#!ipxe\n"
            f"kernel {images_url}/images/ipa.kernel ipa-api-url={self.url} BOOTIF=${{mac:hexhyp}}\n"
            f"initrd {images_url}/images/ipa.initramfs\n"
            "boot\n"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/":
                    self._reply(200, {"default_version": {"version": owner.version}})
                elif url.path == "/v1/lookup":
                    version = self.headers["X-OpenStack-Ironic-API-Version"]
                    owner.lookups.append((version, parse_qs(url.query)))
                    config = {
                        "heartbeat_timeout": 300,
                        "agent_token": owner.token,
                        "enable_bios_bootloader_install": True,
                    }
                    self._reply(owner.lookup_status, {"node": {"uuid": NODE}, "config": config})
                elif url.path.startswith("/boot/") and url.path[6:] in owner.scripts:
                    self._reply(200, owner.scripts[url.path[6:]])
                else:
                    self._reply(404, {"error_message": "not found"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body["path"] = self.path
                body["version"] = self.headers["X-OpenStack-Ironic-API-Version"]
                owner.heartbeats.append(body)
                self._reply(owner.heartbeat_status, {})

            def _reply(self, status: int, body: Any) -> None:
                data = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                return

        return Handler


class AgentClient:
    """Commands to an agent, as a conductor sends them."""

    def __init__(self, heartbeat: dict[str, Any], directory: Path, token: str = TOKEN) -> None:
        self._url = f"{heartbeat['callback_url']}/v1/commands/"
        self._token = token
        self._verify = directory / "agent.pem"
        self._verify.write_text(heartbeat.get("agent_verify_ca", ""))

    def post(self, name: str, wait: bool = False, **params: Any) -> requests.Response:
        """Send a command."""
        return requests.post(
            self._url,
            params={"wait": str(wait).lower(), "agent_token": self._token},
            json={"name": name, "params": params},
            verify=str(self._verify),
            timeout=PATIENCE,
        )

    def run(self, name: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result once it has ended."""
        answer = self.post(name, wait=True, **params)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def results(self) -> list[dict[str, Any]]:
        """Return all results."""
        answer = requests.get(
            self._url,
            params={"agent_token": self._token},
            verify=str(self._verify),
            timeout=PATIENCE,
        )
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["commands"]
        return results
