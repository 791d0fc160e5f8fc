# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite ramdisk build`` and ``ironic-lite up --provision``: two unknown servers are discovered, and deployed.

All commands are typed in a network namespace with a BIOS and a UEFI machine. Nothing else is set up.
"""

import contextlib
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.disk_image import build
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.lab.boots import BOOT
from tests.functional.servers import process, unprivileged, virtual_network
from tests.functional.servers.ramdisk import CACHE
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(7200)

PROGRAMS = Path(sys.executable).parent
API = "http://127.0.0.1:6385"
FIRMWARE = ("bios", "uefi")
CONFIGURATION = """\
[DEFAULT]
state_path = {directory}

[outbound]
# The machines' BMCs are on loopback, their agents in a network for documentation.
allowed_networks = 127.0.0.0/8, 192.0.2.0/24

[deploy]
# Overwriting whole disks takes long.
erase_devices_priority = 0
"""


@dataclasses.dataclass
class Lab:
    """A directory, a network and two machines in it."""

    directory: Path
    network: VirtualNetwork
    rack: VirtualRack

    def ironic_lite(self, *words: str) -> list[str]:
        """A command line of ironic-lite with the lab's configuration."""
        configuration = self.directory / "ironic-lite.conf"
        return [str(PROGRAMS / "ironic-lite"), "--config-file", str(configuration), *words]

    def build_ramdisk(self) -> None:
        """Type the first command, outside, because the namespace has no way to a mirror. What it downloads is kept."""
        command = self.ironic_lite("ramdisk", "build", "--cache", str(CACHE / "ramdisk-packages"))
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def baremetal(self, *words: str) -> Any:
        """Type a command of the real CLI; returns its JSON if it shows something."""
        shows = ["-f", "json"] if words[1] in ("show", "list") else []
        environment = ("OS_AUTH_TYPE=none", f"OS_ENDPOINT={API}", f"HOME={self.directory}")
        done = self.network.run("env", *environment, str(PROGRAMS / "baremetal"), *words, *shows)
        return json.loads(done) if shows else done

    def node_of(self, index: int) -> str | None:
        """The UUID of the node with the MAC address of a machine."""
        mac = self.rack.status(index)["mac"]
        ports = self.baremetal("port", "list", "--address", mac, "--fields", "node_uuid")
        return next(iter(ports[0].values())) if ports else None

    def wait_for_state(self, node: str, state: str) -> None:
        """Wait for a provision state, and fail as soon as the node has failed."""

        def reached() -> bool:
            shown = self.baremetal("node", "show", node)
            now = shown["provision_state"]
            assert not now.endswith("failed"), shown["last_error"]
            return bool(now == state)

        wait_for(reached, f"'{state}'", 2 * BOOT, 2.0, describe=self.consoles)

    def consoles(self) -> list[str]:
        """The last lines of the machines' consoles."""
        return [line for index in range(len(FIRMWARE)) for line in self.rack.console(index)[-10:]]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Two machines without power, and nothing that serves."""
    disks = (VirtualDisk(size_gib=5),)
    machines = tuple(VirtualMachine(kind, disks=disks) for kind in FIRMWARE)
    with (
        unprivileged.server_directory("lab") as directory,
        virtual_network.running() as network,
        contextlib.ExitStack() as stack,
    ):
        bridge = network.bridge(1)
        network.run("ip", "address", "add", "192.0.2.1/24", "dev", bridge)
        (directory / "ironic-lite.conf").write_text(CONFIGURATION.format(directory=directory))
        rack = VirtualRack(servers=machines, network_namespace=network.namespace)
        # Its BMCs are on the loopback of the namespace, too.
        network.inside(rack.__enter__)
        stack.callback(rack.__exit__)
        for index in range(len(machines)):
            rack.plug(index, 1)
        yield Lab(directory, network, rack)


def test_two_unknown_servers_end_up_deployed(lab: Lab) -> None:
    whole_disk = build.whole_disk(build.cache_directory())
    lab.build_ramdisk()
    up = process.ServerProcess(
        "ironic-lite up",
        lab.network.entering(*lab.ironic_lite("up", "--provision", "vlan1")),
        log=lab.directory / "up.log",
        drop_privileges=False,
    )
    up.start()
    try:
        up.wait_until(lambda: "ironic-lite is up" in up.log.read_text(), "the service")
        for index in range(len(FIRMWARE)):
            lab.rack.control(index, "on")
        nodes = discovered(lab)
        image = lab.network.run(
            *(str(PROGRAMS / "ironic-lite"), "image", "add", str(whole_disk)),
            *("--name", "debian", "--api", API),
        )
        assert "Image debian is stored" in image
        for index, node in enumerate(nodes):
            accept(lab, index, node)
        for node in nodes:
            lab.wait_for_state(node, "manageable")
            lab.baremetal("node", "provide", node)
        for index, node in enumerate(nodes):
            lab.wait_for_state(node, "available")
            lab.baremetal("node", "set", node, "--instance-info", "image_source=debian")
            drive = json.dumps({"meta_data": {"hostname": f"server-{index}"}})
            lab.baremetal("node", "deploy", node, "--config-drive", drive)
        for index, node in enumerate(nodes):
            lab.wait_for_state(node, "active")
            prompt = f"server-{index} login:"
            wait_for(
                lambda index=index, prompt=prompt: prompt in "\n".join(lab.rack.console(index)),
                prompt,
                BOOT,
                describe=lab.consoles,
            )
    finally:
        up.stop()


def discovered(lab: Lab) -> list[str]:
    """Wait until both servers are nodes that wait to be accepted, and have powered themselves off."""

    def known() -> list[str] | None:
        found = [lab.node_of(index) for index in range(len(FIRMWARE))]
        return [node for node in found if node] if all(found) else None

    nodes = wait_for(known, "two nodes", 2 * BOOT, 2.0, describe=lab.consoles)
    assert nodes is not None and len(set(nodes)) == len(FIRMWARE)
    for node in nodes:
        shown = lab.baremetal("node", "show", node)
        assert shown["provision_state"] == "enroll"
        assert "waiting to be accepted" in shown["description"]
        assert shown["properties"]["cpu_arch"] == "x86_64"
    wait_for(
        lambda: {each["power"] for each in lab.rack.statuses()} == {"off"},
        "the servers to power themselves off",
        BOOT,
        describe=lab.consoles,
    )
    modes = [lab.baremetal("node", "show", node)["properties"]["capabilities"] for node in nodes]
    assert ["uefi" in mode for mode in modes] == [False, True]
    return nodes


def accept(lab: Lab, index: int, node: str) -> None:
    """Say where the server's BMC is, which a virtual machine cannot find out itself, and take it over."""
    options = lab.rack.options
    facts = {
        "ipmi_address": "127.0.0.1",
        "ipmi_port": str(lab.rack.bmc_port(index)),
        "ipmi_username": options.username,
        "ipmi_password": options.password,
    }
    info = [word for name, value in facts.items() for word in ("--driver-info", f"{name}={value}")]
    lab.baremetal("node", "set", node, "--driver", "ipmi", "--reset-interfaces", *info)
    lab.baremetal("node", "manage", node)
