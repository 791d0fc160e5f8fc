# SPDX-License-Identifier: Apache-2.0
"""Nova is notified of power changes. The Nova of this test only accepts external events."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import wait_for

INSTANCE = "5e1f3b7a-0c2d-4e6f-8a9b-1c3d5e7f9a0b"


class _Compute(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        version = self.headers["OpenStack-API-Version"]
        self.server.received.append((self.path, version, json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Log nothing to the terminal."""


@pytest.fixture
def compute() -> Iterator[Any]:
    """A listening server; what came is in ``received``."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Compute)
    server.received = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(compute: Any) -> list[tuple[str, str]]:
    return [(e["server_uuid"], e["tag"]) for _, _, body in compute.received for e in body["events"]]


def test_nova_is_told_of_instances(
    make_deployment: Callable[..., Deployment], sqlite_url: str, compute: Any
) -> None:
    nova = {
        "send_power_notifications": True,
        "auth_type": "none",
        "endpoint_override": f"http://127.0.0.1:{compute.server_port}/v2.1",
    }
    cloud = make_deployment(database=sqlite_url, options={"nova": nova})
    cloud.start_all_in_one()
    free = cloud.create_node(driver="fake-hardware")
    node = cloud.create_node(driver="fake-hardware", instance_uuid=INSTANCE)
    for each in (free, node):
        cloud.set_power_state(each, "power on")
    wait_for(lambda: told(compute), "the event", describe=cloud.logs)
    cloud.set_power_state(node, "power off")
    wait_for(lambda: len(told(compute)) == 2, "the second event", describe=cloud.logs)
    assert told(compute) == [(INSTANCE, "POWER_ON"), (INSTANCE, "POWER_OFF")]
    path, version, body = compute.received[0]
    assert (path, version) == ("/v2.1/os-server-external-events", "compute 2.76")
    assert body["events"][0]["name"] == "power-update"


def test_a_nova_that_is_away_holds_nothing_up(
    make_deployment: Callable[..., Deployment], sqlite_url: str, compute: Any
) -> None:
    endpoint = f"http://127.0.0.1:{compute.server_port}"
    compute.socket.close()
    nova = {
        "send_power_notifications": True,
        "auth_type": "none",
        "endpoint_override": endpoint,
    }
    cloud = make_deployment(database=sqlite_url, options={"nova": nova})
    cloud.start_all_in_one()
    node = cloud.create_node(driver="fake-hardware", instance_uuid=INSTANCE)
    cloud.set_power_state(node, "power on")
    assert cloud.api is not None
    log = cloud.api
    wait_for(lambda: "Nova could not be told" in log.log_tail(500), "the log to say so")


def test_a_way_that_is_not_configured_stops_the_start(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    options = {"nova": {"send_power_notifications": True}}
    cloud = make_deployment(database=sqlite_url, options=options)
    process = cloud._process("all-in-one", ["up"], options)
    process.start()
    assert process.wait(60) not in (0, None)
    assert "[nova] requires auth_type" in process.log_tail()
