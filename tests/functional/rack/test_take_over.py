# SPDX-License-Identifier: Apache-2.0
"""Inspections and rescues whose conductor is killed: another one brings them to their goal.

Over RabbitMQ and MariaDB. One conductor is killed once, with a server at each moment that an inspection or a rescue can
be cut off in; each is held up there until then.
"""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from oslo_utils import secretutils

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server
from tests.waiting import PATIENCE, wait_for

PASSWORD = "correct horse battery staple"


@pytest.fixture
def cloud(one_conductor: Cloud) -> Cloud:
    """The service whose only conductor is killed here."""
    return one_conductor


def _enrol(cloud: Cloud) -> Server:
    """A manageable server that boots from the network each time, while its node has a ramdisk for it."""
    server = cloud.enrol(
        automated_clean=False,
        rescue_interface="agent",
        driver_info={
            "force_persistent_boot_device": "Always",
            "rescue_kernel": cloud.image(images.KERNEL),
            "rescue_ramdisk": cloud.image(images.RAMDISK),
        },
    )
    cloud.manage(server)
    return server


def _adopted(cloud: Cloud) -> Server:
    """A server whose node is active."""
    server = _enrol(cloud)
    cloud.set(server, instance_info=cloud.disk_image())
    cloud.provision(server, "adopt", "active")
    return server


def _ask(cloud: Cloud, server: Server, target: str, **more: object) -> None:
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": target, **more})


def _wait(cloud: Cloud, server: Server, state: str, reservation: str | None = None) -> Any:
    return cloud.service.wait_for_node(server.node, provision_state=state, reservation=reservation)


def _hold_up(cloud: Cloud, server: Server, target: str, state: str, **more: object) -> None:
    """Leave the node in a working state: its BMC does not answer."""
    cloud.rack.set_faults(server.index, bmc_silent=True)
    _ask(cloud, server, target, **more)
    _wait(cloud, server, state, reservation="c1")


def _hang(cloud: Cloud, server: Server, target: str, state: str, **more: object) -> None:
    """Leave the node in a wait state: its ramdisk hangs."""
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    _ask(cloud, server, target, **more)
    _wait(cloud, server, state)
    wait_for(lambda: server.status["phase"] == "hung", "the ramdisk to hang")


@contextmanager
def gate() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A web server that blocks requests: its URL, an event for the first request, and one that unblocks it."""
    asked, go_on = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            go_on.wait(PATIENCE)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return None

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}/", asked, go_on
    finally:
        go_on.set()
        httpd.shutdown()
        thread.join(PATIENCE)
        httpd.server_close()


def test_a_killed_conductor_loses_no_inspection_and_no_rescue(cloud: Cloud) -> None:
    rack, service = cloud.rack, cloud.service
    inspecting, waiting, taking_in = (_enrol(cloud) for _ in range(3))
    rescuing, booting, sending, unrescuing = (_adopted(cloud) for _ in range(4))
    cloud.provision(unrescuing, "rescue", "rescue", rescue_password=PASSWORD)

    with gate() as (url, asked, go_on):
        actions = [
            {"op": "extend-attribute", "args": {"path": "/extra/n", "value": "once"}},
            {"op": "api-call", "args": {"url": url, "timeout": 60}},
        ]
        condition = {"op": "eq", "args": {"values": ["{node.uuid}", taking_in.node]}}
        rule = {"conditions": [condition], "actions": actions}
        service.call("POST", "/v1/inspection_rules", rule)
        before = {server.node: server.now() for server in (taking_in, sending)}

        _hang(cloud, waiting, "inspect", "inspect wait")
        _hang(cloud, booting, "rescue", "rescue wait", rescue_password=PASSWORD)
        _hold_up(cloud, inspecting, "inspect", "inspecting")
        _hold_up(cloud, rescuing, "rescue", "rescuing", rescue_password=PASSWORD)
        _hold_up(cloud, unrescuing, "unrescue", "unrescuing")
        _ask(cloud, taking_in, "inspect")
        assert asked.wait(PATIENCE)
        rack.set_faults(sending.index, agent_command_delay=1)
        _ask(cloud, sending, "rescue", rescue_password=PASSWORD)
        wait_for(
            lambda: any(
                e.action == "command-started"
                for e in sending.journal("agent", before[sending.node])
            ),
            "the password to be sent",
        )
        service.kill_conductor("c1")
        go_on.set()

        # A ramdisk that has come so far needs no conductor to go on.
        answer = service.request("POST", "/v1/continue_inspection", _data(waiting), version="1.1")
        assert (answer.status_code, answer.json()) == (202, {"uuid": waiting.node})
        assert cloud.show(waiting)["provision_state"] == "inspect wait"

        for server in (inspecting, rescuing, unrescuing, booting, sending):
            rack.clear_faults(server.index)
        service.add_conductor("c2")
        wait_for(lambda: service.alive() == {"c2"}, "the dead conductor to be missed")
        wait_for(lambda: cloud.show(booting)["conductor"] == "c2", "the new owner")
        rack.control(booting.index, "reset")

        for server in (inspecting, waiting, taking_in):
            node = _wait(cloud, server, "manageable")
            assert node["last_error"] is None
            assert node["properties"]["cpu_arch"] == "x86_64"
            assert service.call("GET", f"/v1/nodes/{server.node}/inventory")["inventory"]
    # The results of the data are stored once, and the server was booted once.
    assert cloud.show(taking_in)["extra"] == {"n": ["once"]}
    assert taking_in.phases(before[taking_in.node]).count("agent") == 1

    for server in (rescuing, booting, sending):
        node = _wait(cloud, server, "rescue")
        assert node["last_error"] is None
        hashed = server.status["rescue_password_hash"]
        assert secretutils.crypt_password(PASSWORD, hashed) == hashed
        assert not [key for key in node["instance_info"] if "password" in key]
    node = _wait(cloud, unrescuing, "active")
    assert (node["last_error"], node["power_state"]) == (None, "power on")
    assert unrescuing.status["rescue_password_hash"] is None


def _data(server: Server) -> dict[str, Any]:
    mac = server.status["mac"]
    return {
        "inventory": {
            "interfaces": [{"name": "eth0", "mac_address": mac}],
            "boot": {"pxe_interface": mac},
            "cpu": {"architecture": "x86_64"},
        }
    }
