# SPDX-License-Identifier: Apache-2.0
"""The switch's command line: what the commands of network automation change."""

import pytest

from ironic_lite_simulator.switch.command_line import CommandLine
from ironic_lite_simulator.switch.switch import Switch, SwitchError

PORT = "Ethernet1/0"


@pytest.fixture
def changed() -> list[str]:
    """Ports whose network has changed."""
    return []


@pytest.fixture
def switch(changed: list[str]) -> Switch:
    switch = Switch(changed.append)
    for number in range(3):
        switch.add_port(f"Ethernet1/{number}", f"server-{number} eth0")
    return switch


def run(switch: Switch, *lines: str) -> list[str]:
    """Run commands in one session; returns what each printed."""
    session = CommandLine(switch)
    return [session.run(line) for line in lines]


def network(switch: Switch, name: str = PORT) -> int | None:
    return switch.network(switch.port(name))


PLUG = ("configure terminal", f"interface {PORT}", "switchport mode access")


@pytest.mark.parametrize("name", ["Ethernet1/0", "Eth1/0", "eth1/0", "e1/0", "ethernet 1/0"])
def test_a_port_by_its_names(switch: Switch, name: str) -> None:
    run(switch, "configure terminal", f"interface {name}", "switchport access vlan 101")
    assert network(switch) == 101
    assert 101 in switch.vlans


@pytest.mark.parametrize("name", ["Ethernet1/9", "Gi1/0", "1/0", "", "Eth1/0/1", "Eth1/0 x"])
def test_a_port_that_there_is_not(switch: Switch, name: str) -> None:
    with pytest.raises(SwitchError, match="Ethernet1/0"):
        switch.port(name)


@pytest.mark.parametrize(
    "away",
    [
        ("no switchport access vlan",),
        ("no switchport access vlan 101",),
        ("shutdown",),
        ("no vlan 101",),
        ("switchport mode trunk",),
    ],
)
def test_out_of_a_network_and_back(
    switch: Switch, changed: list[str], away: tuple[str, ...]
) -> None:
    assert run(switch, *PLUG, "switchport access vlan 101", *away) == [""] * (4 + len(away))
    assert network(switch) is None
    run(switch, *PLUG, "no shutdown", "switchport access vlan 102")
    assert network(switch) == 102
    assert set(changed) == {PORT}
    assert network(switch, "Eth1/1") is None


def test_a_trunk_carries_its_native_vlan(switch: Switch) -> None:
    run(
        switch,
        "configure terminal",
        "interface e1/0",
        "switchport mode trunk",
        "switchport trunk native vlan 7",
        "switchport trunk allowed vlan add 7",
        "switchport trunk allowed vlan add 8,9",
        "switchport trunk allowed vlan remove 9",
    )
    assert network(switch) == 7
    assert switch.port_status(switch.port(PORT))["tagged_vlans"] == [7, 8]
    run(switch, *PLUG, "no switchport trunk native vlan 7", "switchport trunk allowed vlan none")
    assert network(switch) is None
    assert switch.port(PORT).tagged == set()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["vlan 101"], "Invalid command"),
        (["configure terminal", "vlan 0"], "from 1 to 4094"),
        (["configure terminal", "vlan 4095"], "from 1 to 4094"),
        (["configure terminal", "no vlan 1"], "default VLAN"),
        (["configure terminal", "interface Eth1/77"], "No port"),
        ([*PLUG, "switchport access vlan 5000"], "from 1 to 4094"),
        ([*PLUG, "mtu 10"], "MTU"),
        ([*PLUG, "switchport access vlan x"], "Invalid command"),
        (["show vlan id 99"], "not found"),
        (["reload"], "Invalid command"),
    ],
)
def test_what_the_switch_refuses(switch: Switch, lines: list[str], said: str) -> None:
    output = run(switch, *lines)[-1]
    assert output.startswith("% ")
    assert said in output
    assert switch.vlans == {1: "default"}
    assert network(switch) is None


def test_what_the_switch_shows(switch: Switch) -> None:
    run(switch, *PLUG, "switchport access vlan 101", "mtu 9000", "vlan 101", "name blue", "end")
    shown = CommandLine(switch)
    row = shown.run("show vlan id 101").splitlines()[-1].split()
    assert row == ["101", "blue", "active", "Eth1/0"]
    assert "1    default" in shown.run("show vlan brief")
    assert "switchport access vlan 101" in shown.run("show running-config interface Eth1/0")
    assert "connected    101" in shown.run("show interface status")
    # What it shows as its configuration, another switch takes.
    other = Switch()
    for name in switch.ports:
        other.add_port(name, "")
    printed = run(other, "configure terminal", *shown.run("show running-config").splitlines()[1:])
    assert not any(printed)
    assert other.status() == switch.status()


def test_modes_and_prompts(switch: Switch) -> None:
    session = CommandLine(switch)
    prompts = []
    for line in ("configure terminal", "vlan 5", "interface e1/0", "exit", "end", "exit"):
        prompts.append(session.prompt)
        session.run(line)
    assert prompts == [
        "virtual-switch# ",
        "virtual-switch(config)# ",
        "virtual-switch(config-vlan)# ",
        "virtual-switch(config-if)# ",
        "virtual-switch(config)# ",
        "virtual-switch# ",
    ]
    assert session.closed
