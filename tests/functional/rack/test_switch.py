# SPDX-License-Identifier: Apache-2.0
"""The rack's switch over SSH and over HTTP, and what the servers' status shows of it."""

import asyncio

import asyncssh
import pytest
import requests

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.cloud import QUICK
from tests.waiting import PATIENCE


def ssh(rack: VirtualRack, *lines: str, password: str = "password") -> str:
    """Log in, type lines, leave, and return all that the switch printed."""

    async def session() -> str:
        async with asyncssh.connect(
            "127.0.0.1",
            rack.switch_ssh_port,
            username="admin",
            password=password,
            known_hosts=None,
            client_keys=None,
            agent_path=None,
        ) as connection:
            process = await connection.create_process(term_type="vt100")
            process.stdin.write("\r".join([*lines, "exit", ""]))
            return str((await process.wait(timeout=PATIENCE)).stdout)

    return asyncio.run(session())


def test_each_nic_has_a_switch_port() -> None:
    with VirtualRack(count=2, nics=2, timing=QUICK) as rack:
        nics = [nic for status in rack.statuses() for nic in status["nics"]]
        assert [nic["name"] for nic in nics] == ["eth0", "eth1"] * 2
        assert len({nic["mac"] for nic in nics}) == 4
        assert [s["mac"] for s in rack.statuses()] == [nics[0]["mac"], nics[2]["mac"]]
        link = {"switch_id": "02:00:00:00:5c:01", "switch_info": "virtual-switch"}
        assert [nic["local_link_connection"] for nic in nics] == [
            {**link, "port_id": name}
            for name in ("Ethernet1/0", "Ethernet2/0", "Ethernet1/1", "Ethernet2/1")
        ]
        rack.plug(1, 102, nic=1)
        networks = [nic["network"] for s in rack.statuses() for nic in s["nics"]]
        assert networks == [None, None, None, 102]


def test_the_command_line_over_ssh(rack: VirtualRack) -> None:
    plug = ("configure terminal", "interface Eth1/1", "switchport access vlan 101", "end")
    printed = ssh(rack, *plug, "show vlan id 101", "nonsense")
    assert "virtual-switch(config-if)# switchport access vlan 101" in printed
    assert "Eth1/1" in printed.split("show vlan id 101")[1]
    assert "% Invalid command: nonsense" in printed
    assert [s["nics"][0]["network"] for s in rack.statuses()] == [None, 101]
    done = [e.details["line"] for e in rack.journal(server="switch") if e.action == "command"]
    assert done == [*plug, "show vlan id 101", "nonsense", "exit"]


def test_a_wrong_password_for_the_switch(rack: VirtualRack) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        ssh(rack, "show vlan", password="other")
    assert rack.journal(server="switch") == []


def test_the_switch_over_http(rack: VirtualRack) -> None:
    url = f"{rack.http_url}/switch"
    shown = requests.get(url, timeout=PATIENCE).json()
    assert shown["ssh_port"] == rack.switch_ssh_port
    assert [(p["name"], p["network"]) for p in shown["ports"]] == [
        ("Ethernet1/0", None),
        ("Ethernet1/1", None),
    ]
    port = f"{url}/ports/Eth1/1"
    answer = requests.put(port, json={"network": 101}, timeout=PATIENCE)
    assert (answer.json()["name"], answer.json()["network"]) == ("Ethernet1/1", 101)
    assert rack.status(1)["nics"][0]["network"] == 101
    assert requests.delete(port, timeout=PATIENCE).json()["network"] is None
    for wrong in ({}, {"network": 0}, {"network": "101"}, {"network": True}, {"vlan": 1}, [], "x"):
        answer = requests.put(port, json=wrong, timeout=PATIENCE)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]
    for method in ("GET", "PUT", "DELETE"):
        answer = requests.request(method, f"{url}/ports/Eth7/7", json={}, timeout=PATIENCE)
        assert answer.status_code == 404
        assert "Ethernet1/0" in answer.json()["error"]
    assert rack.status(1)["nics"][0]["network"] is None
