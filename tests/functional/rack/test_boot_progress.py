# SPDX-License-Identifier: Apache-2.0
"""Servers that do not boot: their node's journal says how far they came, they are booted again, and the operation fails
with what to check."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server, of_one_conductor, running
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

NEVER = 0
SHORT = 3
Row = dict[str, Any]


@contextmanager
def _cloud(directory: Path, **pxe: int) -> Iterator[Cloud]:
    with running(directory, pxe={"boot_attempts": 2, **pxe}) as made:
        yield made


@pytest.fixture(scope="module")
def impatient_at_first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A server that shows nothing of its boot is booted again soon."""
    with _cloud(
        tmp_path_factory.mktemp("first"), boot_start_timeout=SHORT, boot_address_timeout=SHORT
    ) as made:
        yield made


@pytest.fixture(scope="module")
def impatient_later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A server that has its script is booted again soon."""
    with _cloud(
        tmp_path_factory.mktemp("later"),
        boot_start_timeout=NEVER,
        boot_ramdisk_timeout=SHORT,
        boot_agent_timeout=NEVER,
    ) as made:
        yield made


class Files:
    """A web server that says it has each file, and has none when a server wants to load it."""

    def __init__(self) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(200)

            def do_GET(self) -> None:
                self._answer(404)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                return None

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def served(self) -> Iterator["Files"]:
        """Serve them for the length of the block."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def manageable(cloud: Cloud, **faults: Any) -> Server:
    """A server whose node is manageable; it has these faults from now on."""
    server = cloud.enrol()
    cloud.manage(server)
    if faults:
        cloud.rack.set_faults(server.index, **faults)
    return server


def clean(cloud: Cloud, server: Server) -> None:
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": "provide"})


def timeline(cloud: Cloud, server: Server) -> Row:
    told: Row = cloud.service.call("GET", f"/v1/nodes/{server.node}/timeline")
    return told


def boots(cloud: Cloud, server: Server) -> list[tuple[str, str]]:
    """What the journal says of the server's boots: subject and outcome."""
    entries = timeline(cloud, server)["timeline"]
    return [(e["subject"], e["outcome"]) for e in entries if e["kind"] == "boot"]


def failed(cloud: Cloud, server: Server) -> str:
    node = cloud.service.wait_for_node(server.node, provision_state="clean failed")
    return str(node["last_error"])


def test_a_server_that_boots_is_told_stage_by_stage(impatient_later: Cloud) -> None:
    cloud = impatient_later
    server = manageable(cloud)
    cloud.provision(server, "provide", "available")
    seen = boots(cloud, server)
    assert [one for one in seen if one[0] != "boot"] == [
        ("script", "done"),
        ("lookup", "done"),
        ("heartbeat", "done"),
    ]
    assert timeline(cloud, server)["summary"]["boot"] is None


def test_nothing_is_heard_of_a_server(impatient_at_first: Cloud) -> None:
    cloud = impatient_at_first
    server = manageable(cloud, firmware_hangs=True)
    clean(cloud, server)
    error = failed(cloud, server)
    assert "the server was powered on, and nothing has been heard from it since" in error
    assert "in the last of 2 boots" in error
    assert "first boot device" in error
    assert boots(cloud, server) == [("boot", "repeated")]
    assert server.phases().count("post") == 2


def test_a_server_that_is_booted_again_may_succeed(impatient_at_first: Cloud) -> None:
    cloud = impatient_at_first
    server = manageable(cloud, firmware_hangs=True)
    clean(cloud, server)
    wait_for(lambda: ("boot", "repeated") in boots(cloud, server), "the second boot")
    cloud.rack.clear_faults(server.index)
    # The second boot may have hung already.
    cloud.rack.control(server.index, "reset")
    node = cloud.service.wait_for_node(server.node, provision_state="available")
    assert node["last_error"] is None


def test_an_address_but_never_a_script(impatient_at_first: Cloud) -> None:
    cloud = impatient_at_first
    server = manageable(cloud, firmware_hangs=True)
    clean(cloud, server)
    cloud.service.wait_for_node(server.node, provision_state="clean wait")
    event = {"mac": server.status["mac"], "kind": "dhcp-offered"}
    advised: list[str] = []

    def gives_up() -> bool:
        cloud.service.call("POST", "/v1/boot_events", {"events": [event]})
        advised.extend(timeline(cloud, server)["summary"]["advice"])
        return bool(cloud.show(server)["provision_state"] == "clean failed")

    wait_for(gives_up, "the end of the cleaning", interval=0.5)
    assert any(
        one.startswith("The server asked for an address") and "Is option 67" in one
        for one in advised
    )
    error = cloud.show(server)["last_error"]
    assert "the server asked for an address" in error and "never for its boot script" in error
    entries = timeline(cloud, server)["timeline"]
    asked = [e for e in entries if e["subject"] == "address" and e["operation"]]
    # One entry for each boot: requests are counted.
    assert len(asked) == 2 and max(e["times"] for e in asked) > 1, asked


def test_a_kernel_that_is_not_there_any_more(impatient_later: Cloud) -> None:
    cloud = impatient_later
    with Files().served() as files:
        server = cloud.enrol(
            driver_info={
                "deploy_kernel": f"{files.url}/kernel",
                "deploy_ramdisk": cloud.image(images.RAMDISK),
            }
        )
        cloud.manage(server)
        clean(cloud, server)
        error = failed(cloud, server)
    assert "the server could not load its kernel" in error
    assert "not found (HTTP 404), see https://ipxe.org/2d0c613b" in error
    assert "Can the server reach the address of the kernel?" in error
    seen = boots(cloud, server)
    assert seen.count(("kernel", "failed")) == 2
    assert seen.count(("boot", "repeated")) == 1


def test_an_agent_that_never_calls(impatient_later: Cloud) -> None:
    cloud = impatient_later
    server = manageable(cloud, agent_never_boots=True)
    clean(cloud, server)
    error = failed(cloud, server)
    assert "asked for its boot script, and no agent has called since" in error
    assert server.phases().count("hung") == 2


def test_an_inspection_is_left_alone_once_it_has_its_ramdisk(impatient_later: Cloud) -> None:
    cloud = impatient_later
    inspected, cleaned = (cloud.enrol(inspect_interface="agent") for _ in range(2))
    for server in (inspected, cleaned):
        cloud.manage(server)
        cloud.rack.set_faults(server.index, agent_never_boots=True)
    path = f"/v1/nodes/{inspected.node}/states/provision"
    cloud.service.call("PUT", path, {"target": "inspect"})
    wait_for(lambda: inspected.status["phase"] == "hung", "the ramdisk to hang")
    # Whoever comes later is booted twice meanwhile.
    clean(cloud, cleaned)
    failed(cloud, cleaned)
    assert cloud.show(inspected)["provision_state"] == "inspect wait"
    assert ("boot", "repeated") not in boots(cloud, inspected)
    cloud.provision(inspected, "abort", "inspect failed")


def test_the_timeout_of_the_wait_says_how_far_the_server_came(tmp_path: Path) -> None:
    with running(
        tmp_path, conductor={"clean_callback_timeout": 4, "check_wait_states_interval": 1}
    ) as cloud:
        server = cloud.enrol()
        cloud.manage(server)
        cloud.rack.set_faults(server.index, agent_never_boots=True)
        clean(cloud, server)
        error = failed(cloud, server)
    assert "timed out while in 'clean wait'" in error
    assert "the server asked for its boot script, and no agent has called since" in error


def test_another_conductor_goes_on_counting(
    tmp_path: Path, mariadb_url: str, rabbitmq_url: str
) -> None:
    options: dict[str, object] = {"boot_attempts": 2, "boot_start_timeout": SHORT}
    with of_one_conductor(tmp_path, mariadb_url, rabbitmq_url, pxe=options) as cloud:
        server = cloud.enrol()
        cloud.manage(server)
        cloud.rack.set_faults(server.index, firmware_hangs=True)
        clean(cloud, server)
        # It is killed in the middle of the second boot.
        wait_for(lambda: ("boot", "repeated") in boots(cloud, server), "the second boot")
        cloud.service.kill_conductor("c1")
        cloud.service.add_conductor("c2")
        error = failed(cloud, server)
        assert "in the last of 2 boots" in error
        assert boots(cloud, server).count(("boot", "repeated")) == 1
