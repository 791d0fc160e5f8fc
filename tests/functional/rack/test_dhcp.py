# SPDX-License-Identifier: Apache-2.0
"""A server gets its address from the network that it is plugged into at that moment, and from no other.

The networks are bridges in a network namespace, with real DHCP servers; the packets are real.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite_simulator.network.cables import CablesFailed
from ironic_lite_simulator.network.nic import nics_of
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.cloud import QUICK
from tests.functional.rack.provisioner import Provisioner
from tests.functional.servers import virtual_network
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.waiting import PATIENCE, wait_for

A, B, EMPTY, FOR_FIRMWARE = 101, 102, 103, 104
MACS = [[nic.mac for nic in nics_of(server, 2)] for server in range(3)]
# Those of server 2 are known to nobody.
IN_A = {MACS[0][0]: "10.1.0.10", MACS[1][0]: "10.1.0.11", MACS[0][1]: "10.1.0.20"}
IN_B = {MACS[0][0]: "10.2.0.10", MACS[1][0]: "10.2.0.11", MACS[0][1]: "10.2.0.20"}
# Long enough for dnsmasq on a busy machine, because whoever should get no answer waits for so long.
TIMING = dataclasses.replace(QUICK, dhcp_timeout=4.0)


@pytest.fixture(scope="module")
def provisioner() -> Iterator[Provisioner]:
    with Provisioner() as api:
        yield api


@pytest.fixture(scope="module")
def network(provisioner: Provisioner) -> Iterator[VirtualNetwork]:
    """Networks A and B, each with a DHCP server that knows servers 0 and 1; and one whose server answers iPXE only."""
    with virtual_network.running() as made:
        boot = f"{provisioner.url}/boot/agent"
        made.serve_dhcp(A, "10.1.0", IN_A, boot_file=boot, mtu=1450)
        made.serve_dhcp(B, "10.2.0", IN_B, boot_file=boot)
        hosts = {MACS[0][0]: "10.4.0.10"}
        made.serve_dhcp(FOR_FIRMWARE, "10.4.0", hosts, "--dhcp-ignore=tag:!ipxe", boot_file=boot)
        yield made


@pytest.fixture
def rack(network: VirtualNetwork, provisioner: Provisioner) -> Iterator[VirtualRack]:
    """Three servers with two NICs, in no network. The rack's own boot URL leads nowhere."""
    with VirtualRack(
        count=3,
        nics=2,
        boot_url="http://127.0.0.1:1",
        timing=TIMING,
        boot_attempts=1,
        network_namespace=network.namespace,
    ) as made:
        provisioner.boot_agent("agent", made.http_url)
        yield made


def boot(rack: VirtualRack, index: int, phase: str = "agent") -> None:
    """Reset a server, or power it on, and wait until it has got so far."""
    since = max((e.seq for e in rack.journal()), default=0)
    rack.control(index, "cycle" if rack.status(index)["power"] == "on" else "on")
    wait_for(
        lambda: phase in phases(rack, index, since), phase, describe=lambda: rack.console(index)
    )


def phases(rack: VirtualRack, index: int, since: int) -> list[str]:
    entries = rack.journal(since, f"server-{index}")
    return [e.details["phase"] for e in entries if e.action == "phase"]


def nic(rack: VirtualRack, index: int, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = rack.status(index)["nics"][number]
    return found


def wait_for_address(rack: VirtualRack, index: int, address: str | None, number: int = 0) -> None:
    wait_for(
        lambda: nic(rack, index, number)["address"] == address,
        f"address {address}",
        describe=lambda: rack.console(index),
    )


def leases(rack: VirtualRack, index: int) -> list[tuple[str, int, str]]:
    """Return all addresses that a server has got: NIC, network, address."""
    entries = (e for e in rack.journal(server=f"server-{index}") if e.action == "dhcp")
    return [(e.details["nic"], e.details["network"], e.details["address"]) for e in entries]


def test_a_server_boots_and_runs_with_its_networks_address(
    rack: VirtualRack, network: VirtualNetwork, provisioner: Provisioner
) -> None:
    rack.plug(0, A)
    boot(rack, 0)
    wait_for_address(rack, 0, "10.1.0.10")
    shown = nic(rack, 0)
    assert (shown["network"], shown["switch_port"]) == (A, "Ethernet1/0")
    assert shown["lease"] == {
        "address": "10.1.0.10",
        "prefix": 24,
        "server": "10.1.0.1",
        "router": "10.1.0.254",
        "name_servers": [],
        "mtu": 1450,
        # The DHCP server gives a boot file only to clients that identify themselves as iPXE.
        "boot_file": None,
        "boot_server": "10.1.0.1",
        "seconds": 3600,
    }
    console = "\n".join(rack.console(0))
    file = f"boot file {provisioner.url}/boot/agent"
    assert (
        f"eth0: 10.1.0.10/24 by DHCP from 10.1.0.1, router 10.1.0.254, MTU 1450, {file}" in console
    )
    # The firmware and the ramdisk have asked, each for itself.
    assert leases(rack, 0) == [("eth0", A, "10.1.0.10")] * 2
    assert network.reaches(A, "10.1.0.10", seconds=PATIENCE)
    assert nic(rack, 0, 1)["address"] is None
    served = requests.get(f"{rack.http_url}/servers/0", timeout=PATIENCE).json()
    assert served["nics"] == rack.status(0)["nics"]


def test_after_another_plug_only_the_other_networks_address(
    rack: VirtualRack, network: VirtualNetwork
) -> None:
    rack.plug(0, A)
    boot(rack, 0)
    wait_for_address(rack, 0, "10.1.0.10")
    rack.control(0, "off")
    wait_for(lambda: rack.status(0)["power"] == "off", "power off")
    assert nic(rack, 0)["address"] is None
    rack.plug(0, B)
    since = len(leases(rack, 0))
    boot(rack, 0)
    wait_for_address(rack, 0, "10.2.0.10")
    assert leases(rack, 0)[since:] == [("eth0", B, "10.2.0.10")] * 2
    assert network.reaches(B, "10.2.0.10", seconds=PATIENCE)
    assert not network.reaches(A, "10.1.0.10", seconds=1)


def test_a_running_system_follows_its_switch_port(rack: VirtualRack) -> None:
    rack.plug(0, A)
    boot(rack, 0)
    wait_for_address(rack, 0, "10.1.0.10")
    rack.plug(0, B)
    wait_for_address(rack, 0, "10.2.0.10")
    rack.unplug(0)
    assert nic(rack, 0)["address"] is None
    rack.plug(0, A, nic=1)
    wait_for_address(rack, 0, "10.1.0.20", number=1)
    assert nic(rack, 0)["address"] is None


@pytest.mark.parametrize("vlan", [None, EMPTY], ids=["unplugged", "no DHCP server"])
def test_without_an_answer_no_address(rack: VirtualRack, vlan: int | None) -> None:
    if vlan is not None:
        rack.plug(0, vlan)
    boot(rack, 0, "no-bootable-device")
    why = "no link" if vlan is None else "no answer within 4 s"
    assert f"eth0: no address by DHCP: {why}" in "\n".join(rack.console(0))
    assert (nic(rack, 0)["address"], nic(rack, 0)["lease"]) == (None, None)
    assert leases(rack, 0) == []


def test_an_unknown_mac_gets_nothing(rack: VirtualRack, network: VirtualNetwork) -> None:
    rack.plug(2, A)
    boot(rack, 2, "no-bootable-device")
    assert nic(rack, 2)["address"] is None
    assert leases(rack, 2) == []
    assert MACS[2][0] in network.heard_in(A)


def test_two_networks_do_not_hear_each_other(rack: VirtualRack, network: VirtualNetwork) -> None:
    rack.plug(0, A)
    rack.plug(1, B)
    boot(rack, 0)
    boot(rack, 1)
    wait_for_address(rack, 0, "10.1.0.10")
    wait_for_address(rack, 1, "10.2.0.11")
    heard = {vlan: network.heard_in(vlan) & {MACS[0][0], MACS[1][0]} for vlan in (A, B)}
    assert heard == {A: {MACS[0][0]}, B: {MACS[1][0]}}


def test_the_second_nic_boots_if_the_first_cannot(rack: VirtualRack) -> None:
    rack.plug(0, B, nic=1)
    boot(rack, 0)
    wait_for_address(rack, 0, "10.2.0.20", number=1)
    assert nic(rack, 0)["address"] is None


def test_an_agent_without_an_address_calls_nobody(
    rack: VirtualRack, provisioner: Provisioner
) -> None:
    rack.plug(0, FOR_FIRMWARE)
    asked = len(provisioner.lookups)
    boot(rack, 0)
    wait_for(
        lambda: any(e.action == "dhcp-failed" for e in rack.journal(server="server-0")),
        "the agent to get no answer",
    )
    assert (rack.status(0)["agent"], len(provisioner.lookups)) == ("lookup", asked)
    rack.plug(0, A)
    wait_for(lambda: len(provisioner.lookups) > asked, "the agent's lookup")
    assert nic(rack, 0)["address"] == "10.1.0.10"


def test_an_agent_without_a_link_cannot_be_reached(
    rack: VirtualRack, provisioner: Provisioner, tmp_path: Path
) -> None:
    rack.plug(0, A)
    called = len(provisioner.heartbeats)
    boot(rack, 0)
    wait_for(lambda: len(provisioner.heartbeats) > called, "a heartbeat")
    url = f"{provisioner.heartbeats[-1]['callback_url']}/v1/status"
    certificate = tmp_path / "agent.pem"
    certificate.write_text(provisioner.heartbeats[-1]["agent_verify_ca"])

    def answers() -> bool:
        try:
            return requests.get(url, verify=certificate, timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    assert answers()
    rack.unplug(0)
    assert not answers()
    rack.plug(0, B)
    wait_for(answers, "the agent in the other network")


def test_no_such_namespace() -> None:
    with (
        pytest.raises(CablesFailed, match="ip netns add"),
        VirtualRack(count=1, network_namespace="no-such-namespace"),
    ):
        pass
