# SPDX-License-Identifier: Apache-2.0
"""A virtual machine that QEMU boots from kernel and initramfs, with a network that needs no rights.

It reaches this machine's loopback at 10.0.2.2, and its agent is reached at a port of this machine's loopback.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ironic_lite_simulator.virtual_machine import firmware
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess, find_program
from tests.functional.servers.ramdisk import Built

MAC = "52:54:00:aa:bb:01"
HOST = "10.0.2.2"
DISK_SIZE = 5 << 30
BOOT = 60.0 if firmware.accelerated() else 400.0
"""Seconds from power on to the agent's first heartbeat, on an idle machine."""


class Guest:
    """One boot of a machine."""

    def __init__(self, ramdisk: Built, api_port: int, directory: Path) -> None:
        self.disk = directory / "disk"
        with self.disk.open("wb") as disk:
            disk.truncate(DISK_SIZE)
        self.console = directory / "console.log"
        port = free_port()
        api = f"http://{HOST}:{api_port}"
        arguments = (
            f"console=ttyS0 mitigations=off ipa-api-url={api} ipa-debug=1 BOOTIF={MAC} ipa-advertise-host=127.0.0.1 "
            f"ipa-advertise-port={port} ipa-listen-port={port} "
            f"ipa-inspection-callback-url={api}/v1/continue_inspection "
            "ipa-inspection-collectors=default,pci-devices,logs"
        )
        accelerator = ("kvm", "host") if firmware.accelerated() else ("tcg", "Nehalem")
        self.process = ServerProcess(
            "guest",
            [
                find_program("qemu-system-x86_64"),
                *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
                *("-machine", f"q35,graphics=off,accel={accelerator[0]}", "-cpu", accelerator[1]),
                *("-smp", "1", "-m", "2048", "-serial", f"file:{self.console}"),
                *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:{port}"),
                *("-device", f"virtio-net-pci,netdev=net,mac={MAC},romfile="),
                *("-drive", f"if=none,id=disk,format=raw,discard=unmap,file={self.disk}"),
                *("-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=disk,serial=SCRATCH"),
                *("-kernel", str(ramdisk.kernel), "-initrd", str(ramdisk.initramfs)),
                *("-append", arguments),
            ],
            log=directory / "qemu.log",
            env=dict(os.environ),
            drop_privileges=False,
        )


@contextmanager
def booted(ramdisk: Built, api_port: int, directory: Path) -> Iterator[Guest]:
    """A machine that boots the ramdisk; it is switched off at the end."""
    guest = Guest(ramdisk, api_port, directory)
    guest.process.start()
    try:
        yield guest
    finally:
        guest.process.stop()
