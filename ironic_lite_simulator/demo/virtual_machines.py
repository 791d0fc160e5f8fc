# SPDX-License-Identifier: Apache-2.0
"""The demo's servers as virtual machines: real firmware, real network boot, the real agent, a real login."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

from ironic_lite.common import safe_text
from ironic_lite_simulator.demo.boot_media import ARCHITECTURE, BootMedia, MediaFailed
from ironic_lite_simulator.demo.own_network import VLAN
from ironic_lite_simulator.demo.servers import ACTIVE, WATCHING
from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.virtual_machine import firmware
from ironic_lite_simulator.virtual_rack import VirtualRack

IMAGE = "demo-disk"
"""The name of the image in the service's store."""
USUAL_NUMBER = 2
TIMEOUT = 900.0 if firmware.accelerated() else 5400.0
"""Seconds within which all machines must be deployed."""
CONFIGURATION = """
[pxe]
kernel_append_params = console=tty0 console=ttyS0,115200n8

[deploy]
# Only the partition tables are erased: overwriting whole disks takes long.
erase_devices_priority = 0
"""
_UPLOAD_TIMEOUT = 600.0
_FIRMWARE = ("bios", "uefi")
_DISKS = (VirtualDisk(size_gib=5),)
"""The agent deploys on no disk below 4 GiB unless a root device hint names it."""


def descriptions(count: int) -> tuple[VirtualMachine, ...]:
    """Return machines with each kind of firmware in turn."""
    return tuple(
        VirtualMachine(_FIRMWARE[index % len(_FIRMWARE)], disks=_DISKS) for index in range(count)
    )


def provide_ramdisk(media: BootMedia, state_path: Path) -> None:
    """Put the ramdisk where the service finds those that were built on its machine."""
    ramdisks = state_path / "ramdisks"
    ramdisks.mkdir()
    (ramdisks / ARCHITECTURE).symlink_to(media.ramdisk, target_is_directory=True)


@dataclasses.dataclass(frozen=True)
class VirtualMachines:
    """Servers of the virtual rack that are processes of QEMU. Their hardware is inspected on the way.

    ``image`` is the file of the disk image that is deployed.
    """

    image: Path

    targets = {
        "enroll": ("manage",),
        "manageable": ("inspect", "provide"),
        "available": (ACTIVE,),
    }

    def prepare(self, rack: VirtualRack, api: str) -> None:
        """Put the image into the service's store, and plug the machines into the service's network."""
        program = Path(sys.executable).with_name("ironic-lite")
        argv = [str(program), "image", "add", str(self.image), "--name", IMAGE, "--api", api]
        done = subprocess.run(  # noqa: S603 - our own program and paths
            argv, capture_output=True, text=True, timeout=_UPLOAD_TIMEOUT, check=False
        )
        if done.returncode:
            raise MediaFailed(
                f"ironic-lite image add: {done.stderr.strip() or done.stdout.strip()}"
            )
        for index in range(len(rack.options.descriptions)):
            rack.plug(index, VLAN)

    def node(self, rack: VirtualRack, index: int) -> dict[str, Any]:
        """Say which firmware it has; the inspection finds the rest. The ramdisk is the service's."""
        boot_mode = rack.status(index)["boot_mode"]
        return {
            "inspect_interface": "agent",
            "properties": {"cpu_arch": ARCHITECTURE, "capabilities": f"boot_mode:{boot_mode}"},
        }

    def instance_info(self, rack: VirtualRack) -> dict[str, Any]:
        """Name the image in the service's store."""
        return {"image_source": IMAGE}

    def outcome(self, rack: VirtualRack, index: int, name: str) -> str | None:
        """Wait for the login prompt, which has the host name from the config drive."""
        if any(line.startswith(login_prompt(name)) for line in rack.console(index)):
            return ""
        if rack.status(index)["power"] == "off":
            return "The node is active, but its server is off. Its console may show why."
        return None

    def proof(self, rack: VirtualRack, index: int, name: str) -> list[str]:
        """Return the login prompt on the serial console."""
        firmware_of = rack.status(index)["firmware"]
        last = rack.console(index)[-1]
        return [f"{name} ({firmware_of}), serial console: {safe_text.one_line(last.strip())}"]

    def looks(self, rack: VirtualRack) -> list[tuple[str, list[str]]]:
        """Name the rack's own routes, and the console to type at."""
        console = rack.status(0)["console_socket"]
        return [
            (
                WATCHING,
                [f"curl {rack.http_url}/servers/0", f"curl {rack.http_url}/servers/0/console"],
            ),
            (
                "Log in at its console, as root without a password (Ctrl-Q leaves):",
                [f"socat -,rawer,escape=0x11 UNIX-CONNECT:{console}"],
            ),
        ]


def check_programs() -> None:
    """Make sure that QEMU and its firmware are there.

    :raises NotInstalled: one is missing.
    """
    for program in firmware.PACKAGES:
        firmware.program(program)
    for kind in _FIRMWARE:
        firmware.flash(kind)


def login_prompt(name: str) -> str:
    """Return what the console of a deployed machine ends with."""
    return f"{name} login:"
