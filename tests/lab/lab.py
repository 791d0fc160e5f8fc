# SPDX-License-Identifier: Apache-2.0
"""A network namespace with virtual machines, and the commands that an operator types in it."""

import contextlib
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ironic_lite_simulator.description import VirtualMachine
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.lab.boots import BOOT
from tests.functional.servers import process, unprivileged, virtual_network
from tests.functional.servers.ramdisk import CACHE
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.waiting import wait_for

PROGRAMS = Path(sys.executable).parent
API = "http://127.0.0.1:6385"
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
    """A directory, a network and machines in it."""

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
        shows = ["-f", "json"] if {"show", "list"} & set(words[1:3]) else []
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
        return [
            line
            for index in range(len(self.rack.statuses()))
            for line in self.rack.console(index)[-10:]
        ]

    @contextlib.contextmanager
    def up(self) -> Iterator[process.ServerProcess]:
        """Type the second command, until the end of the block."""
        service = self.start()
        try:
            yield service
        finally:
            service.kill()

    def start(self) -> process.ServerProcess:
        """Start ``ironic-lite up --provision``, and wait until it serves."""
        service = process.ServerProcess(
            "ironic-lite up",
            self.network.entering(*self.ironic_lite("up", "--provision", "vlan1")),
            log=self.directory / "up.log",
            drop_privileges=False,
        )
        service.start()
        service.wait_until(lambda: "ironic-lite is up" in service.log.read_text(), "the service")
        return service

    def add_image(self, file: Path, name: str) -> None:
        """Put an image into the store."""
        command = (str(PROGRAMS / "ironic-lite"), "image", "add", str(file), "--name", name)
        said = self.network.run(*command, "--api", API)
        assert f"Image {name} is stored" in said

    def bmc(self, index: int) -> list[str]:
        """The options of ``baremetal node set`` for the BMC of a machine."""
        options = self.rack.options
        facts = {
            "ipmi_address": "127.0.0.1",
            "ipmi_port": str(self.rack.bmc_port(index)),
            "ipmi_username": options.username,
            "ipmi_password": options.password,
        }
        return [
            word for name, fact in facts.items() for word in ("--driver-info", f"{name}={fact}")
        ]

    def enrol(self, index: int, *options: str) -> str:
        """Create the node of a machine and its port, and make it manageable; returns its name."""
        name, status = f"server-{index}", self.rack.status(index)
        mode = f"capabilities=boot_mode:{status['boot_mode']}"
        create = ("--driver", "ipmi", "--name", name, "--property", "cpu_arch=x86_64")
        self.baremetal("node", "create", *create, "--property", mode, *self.bmc(index), *options)
        uuid = self.baremetal("node", "show", name)["uuid"]
        self.baremetal("port", "create", status["mac"], "--node", uuid)
        self.baremetal("node", "manage", name)
        self.wait_for_state(name, "manageable")
        return name

    def deploy(self, node: str, index: int, image: str) -> None:
        """Ask for a deployment; the host name is ``server-INDEX``."""
        self.baremetal("node", "set", node, "--instance-info", f"image_source={image}")
        drive = json.dumps({"meta_data": {"hostname": f"server-{index}"}})
        self.baremetal("node", "deploy", node, "--config-drive", drive)

    def wait_for_login(self, node: str, index: int) -> None:
        """Wait until a node is active, and its console asks for a login."""
        self.wait_for_state(node, "active")
        prompt = f"server-{index} login:"
        wait_for(
            lambda: prompt in "\n".join(self.rack.console(index)),
            prompt,
            BOOT,
            describe=self.consoles,
        )


@contextlib.contextmanager
def running(*machines: VirtualMachine) -> Iterator[Lab]:
    """Machines without power, and nothing that serves."""
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
