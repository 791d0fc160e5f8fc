# SPDX-License-Identifier: Apache-2.0
"""Serial over LAN with OpenIPMI's ``ipmi_sim``, whose serial line is a terminal of this test."""

import os
import pty
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.consoles.conftest import OPTIONS, information
from tests.functional.consoles.test_log import printed, records
from tests.functional.consoles.test_watching import said, until, websocket
from tests.functional.deployment import Deployment
from tests.functional.servers import ipmi_sim
from tests.waiting import wait_for

ENABLED = {
    "enabled_hardware_types": "ipmi",
    "enabled_console_interfaces": "ipmi-sol,ipmitool-socat",
}


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """The server's side of a serial line, and the device of the BMC's side."""
    server, bmc = pty.openpty()
    tty.setraw(bmc)
    tty.setraw(server)
    name = os.ttyname(bmc)
    Path(name).chmod(0o666)
    yield server, name
    os.close(server)
    os.close(bmc)


@pytest.fixture
def bmc(terminal: tuple[int, str]) -> Iterator[ipmi_sim.BMC]:
    with ipmi_sim.running(serial=terminal[1]) as started:
        yield started


@pytest.fixture
def cloud(make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    made = make_deployment(database=sqlite_url, options={**OPTIONS, "DEFAULT": ENABLED})
    made.start_all_in_one()
    return made


def with_sol(cloud: Deployment, bmc: ipmi_sim.BMC, **fields: Any) -> str:
    node = cloud.create_node(driver="ipmi", driver_info=bmc.driver_info, **fields)
    cloud.call("PUT", f"/v1/nodes/{node}/states/console", {"enabled": True})
    cloud.wait_for_node(node, console_enabled=True)
    return node


def test_a_console_over_ipmi(
    cloud: Deployment, bmc: ipmi_sim.BMC, terminal: tuple[int, str]
) -> None:
    server, _ = terminal
    node = with_sol(cloud, bmc, console_interface="ipmitool-socat")
    wait_for(
        lambda: information(cloud, node)["state"] == "connected",
        "the console",
        describe=lambda: information(cloud, node),
    )
    with websocket(cloud, node) as client:
        said(client)
        text = b"".join(b"line %d\r\n" % number for number in range(400)) + b"login: "
        os.write(server, text)
        assert until(client, b"login: ").endswith(text)
        typed = b"root\r" + b"x" * 600
        client.send(typed)
        found = b""
        while len(found) < len(typed):
            found += os.read(server, 1024)
        assert found == typed
    assert printed(records(cloud, node)) == text


def test_a_console_that_another_session_has(
    cloud: Deployment, bmc: ipmi_sim.BMC, terminal: tuple[int, str]
) -> None:
    node = with_sol(cloud, bmc)
    wait_for(lambda: information(cloud, node)["state"] == "connected", "the console")
    other = with_sol(cloud, bmc)
    told = wait_for(
        lambda: (found := information(cloud, other))["state"] == "taken" and found,
        "the refusal",
        describe=lambda: information(cloud, other),
    )
    assert "another session has the console" in told["detail"]
    os.write(terminal[0], b"still ours")
    wait_for(lambda: printed(records(cloud, node)) == b"still ours", "the log")
