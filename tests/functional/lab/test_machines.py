# SPDX-License-Identifier: Apache-2.0
"""Virtual machines as servers of the rack: the rack's BMC has their power and their boot order."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.faults import InvalidFault
from ironic_lite_simulator.network.cables import CablesFailed
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.servers import process, virtual_network
from tests.waiting import PATIENCE, wait_for

BIOS, UEFI, SECURE = range(3)
NAMES = {BIOS: "SeaBIOS", UEFI: "BdsDxe", SECURE: "BdsDxe"}


def machine(firmware: str) -> VirtualMachine:
    return VirtualMachine(firmware, memory_mib=512, disks=(VirtualDisk(size_gib=1),))


@pytest.fixture(scope="module")
def rack() -> Iterator[VirtualRack]:
    """A machine with each kind of firmware, in networks where nobody answers."""
    servers = tuple(machine(firmware) for firmware in ("bios", "uefi", "uefi-secure-boot"))
    with (
        virtual_network.running() as network,
        VirtualRack(network_namespace=network.namespace, servers=servers) as rack,
    ):
        for index in range(len(servers)):
            rack.plug(index, 1)
        yield rack


@pytest.fixture(autouse=True)
def off_afterwards(rack: VirtualRack) -> Iterator[None]:
    """Idle firmware would keep a processor busy."""
    yield
    for status in rack.statuses():
        rack.clear_faults(status["index"])
        rack.control(status["index"], "off")
    wait_for(lambda: {s["power"] for s in rack.statuses()} == {"off"}, "power off")


def console(rack: VirtualRack, index: int) -> str:
    return "\n".join(rack.console(index))


def ipmi(rack: VirtualRack, index: int, *command: str) -> str:
    """Run ipmitool against a server's BMC."""
    argv = [process.find_program("ipmitool"), "-I", "lanplus", "-C", "3", "-H", "127.0.0.1"]
    argv += ["-p", str(rack.bmc_port(index)), "-U", "admin", "-P", "password", *command]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def boots(rack: VirtualRack, index: int) -> list[list[str]]:
    """The boot orders of all boots of a server."""
    entries = rack.journal(server=f"server-{index}")
    return [entry.details["order"] for entry in entries if entry.action == "boot"]


def wait_for_console(rack: VirtualRack, index: int, text: str, since: int = 0) -> None:
    wait_for(
        lambda: text in console(rack, index)[since:],
        f"{text!r} on the console",
        120,
        describe=lambda: (rack.status(index), console(rack, index)),
    )


@pytest.mark.parametrize("index", [BIOS, UEFI, SECURE], ids=["bios", "uefi", "secure"])
def test_power_on_to_network_boot(rack: VirtualRack, index: int) -> None:
    """The BMC's order is the firmware's: the network first, where nobody answers."""
    assert "off" in ipmi(rack, index, "chassis", "power", "status")
    ipmi(rack, index, "chassis", "bootdev", "pxe", "options=efiboot" if index else "")
    ipmi(rack, index, "chassis", "power", "on")
    wait_for_console(rack, index, NAMES[index])
    assert "on" in ipmi(rack, index, "chassis", "power", "status")
    wait_for(
        lambda: rack.status(index)["phase"] == "network-boot",
        "network boot",
        120,
        describe=lambda: console(rack, index),
    )
    assert boots(rack, index)[-1] == ["pxe", "disk"]
    log = Path(rack.status(index)["console_log"]).read_bytes()
    assert NAMES[index].encode() in log


def test_a_boot_device_for_one_boot_only(rack: VirtualRack) -> None:
    seen = len(boots(rack, BIOS))
    ipmi(rack, BIOS, "chassis", "bootdev", "pxe")
    ipmi(rack, BIOS, "chassis", "power", "on")
    wait_for(lambda: len(boots(rack, BIOS)) == seen + 1, "a boot")
    ipmi(rack, BIOS, "chassis", "power", "reset")
    wait_for(lambda: len(boots(rack, BIOS)) == seen + 2, "another boot")
    assert boots(rack, BIOS)[seen:] == [["pxe", "disk"], ["disk", "pxe"]]


def test_visitors_of_the_console(rack: VirtualRack) -> None:
    """A visitor reads the serial port, and what he types arrives: a key stops iPXE's countdown."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(PATIENCE)
        visitor.connect(rack.status(BIOS)["console_socket"])
        ipmi(rack, BIOS, "chassis", "bootdev", "pxe")
        ipmi(rack, BIOS, "chassis", "power", "on")
        seen = b""
        while b"Press Ctrl-B to configure" not in seen:
            seen += visitor.recv(4096)
        visitor.sendall(b"\x02")
        while b"iPXE>" not in seen:
            seen += visitor.recv(4096)


def test_faults_are_those_of_the_bmc(rack: VirtualRack) -> None:
    with pytest.raises(InvalidFault, match="not possible on a virtual machine"):
        rack.set_faults(BIOS, agent_never_boots=True)
    rack.set_faults(BIOS, ignore_power_off=True)
    ipmi(rack, BIOS, "chassis", "power", "on")
    wait_for(lambda: rack.status(BIOS)["power"] == "on", "power on")
    rack.control(BIOS, "off")
    rack.control(BIOS, "reset")
    wait_for(lambda: rack.status(BIOS)["phase"] == "firmware", "firmware", 60)
    assert rack.status(BIOS)["power"] == "on"


def test_without_networks_no_machines() -> None:
    with (
        pytest.raises(CablesFailed, match="need a network namespace"),
        VirtualRack(servers=(machine("bios"),)),
    ):
        pass


def test_a_killed_rack_leaves_no_machines(tmp_path: Path) -> None:
    description = tmp_path / "servers.yaml"
    description.write_text("servers: [{kind: vm, memory_mib: 512, disks: [{size_gib: 1}]}]\n")
    with virtual_network.running() as network:
        argv = [Path(sys.executable).with_name("ironic-lite"), "rack", "--servers", description]
        argv += ["--http-port", "0", "--bmc-port-base", "0", "--switch-port", "0"]
        argv += ["--network-namespace", network.namespace, "--state-dir", tmp_path]
        rack = process.ServerProcess(
            "rack", [str(each) for each in argv], tmp_path / "rack.log", drop_privileges=False
        )
        rack.start()
        rack.wait_until(lambda: "Ctrl-C stops" in rack.log.read_text(), "the rack")
        assert "UNIX-CONNECT:" in rack.log.read_text()
        port = rack.log.read_text().partition("-p ")[2].split()[0]
        argv = [process.find_program("ipmitool"), "-I", "lanplus", "-C", "3", "-H", "127.0.0.1"]
        argv += ["-p", port, "-U", "admin", "-P", "password", "chassis", "power", "on"]
        subprocess.run(argv, check=True, timeout=PATIENCE, capture_output=True)
        wait_for(lambda: machines_of(tmp_path), "a virtual machine")
        rack.signal(signal.SIGKILL)
        wait_for(lambda: not machines_of(tmp_path), "its end")
        rack.kill()


def machines_of(directory: Path) -> list[int]:
    """The processes that have a disk in a directory."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            command = (each / "cmdline").read_bytes()
        except OSError:
            continue
        if b"qemu-system" in command and os.fsencode(directory / "server-0") in command:
            found.append(int(each.name))
    return found
