# SPDX-License-Identifier: Apache-2.0
"""What each flow needs from a ramdisk, and what one lacks."""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from ironic_lite.ramdisk.checking.initramfs import Initramfs
from ironic_lite.ramdisk.checking.kernel import Kernel

_PROGRAM_DIRECTORIES = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/local/bin", "usr/local/sbin")
_AGENT = re.compile(
    r"(?:^|/)ironic_python_agent-(?P<version>[^-/]+?)(?:-[^/]*)?\.(?:dist|egg)-info$"
)
_MODULES = re.compile(r"(?:usr/)?lib/modules/(?P<version>[^/]+)$")
_MOST_LINKS = 20


class Ramdisk:
    """A kernel and an initramfs, or one of them, and questions about them."""

    def __init__(self, kernel: Kernel | None, initramfs: Initramfs | None) -> None:
        self.kernel = kernel
        self.initramfs = initramfs
        self._names = initramfs.modes if initramfs else {}

    @property
    def agent(self) -> str | None:
        """Version of ironic-python-agent; None if there is none."""
        for name in self._names:
            found = _AGENT.search(name)
            if found:
                return found["version"]
        return None

    @property
    def architecture(self) -> str | None:
        """Architecture of most programs in it."""
        machines = self.initramfs.machines if self.initramfs else {}
        return max(machines, key=lambda each: machines[each]) if machines else None

    @property
    def module_versions(self) -> list[str]:
        """Versions of the kernels that it has modules for."""
        return sorted({found["version"] for each in self._names if (found := _MODULES.match(each))})

    def has_program(self, *names: str) -> bool:
        """Tell whether one of the programs is where programs are, and leads to a file."""
        return any(
            self.has_file(f"{where}/{each}") for each in names for where in _PROGRAM_DIRECTORIES
        )

    def has_file(self, path: str) -> bool:
        """Tell whether a file or a directory is in it, through symbolic links."""
        return self._resolved(path) in self._names

    def has_module(self, name: str) -> bool:
        """Tell whether the kernel has a driver, built in or as a module."""
        pattern = re.compile(rf"(?:^|/){name.replace('_', '[_-]')}\.ko(?:\.\w+)?$")
        if any(pattern.search(each) for each in self._names):
            return True
        texts = self.initramfs.texts if self.initramfs else {}
        built_in = (text for file, text in texts.items() if file.endswith("/modules.builtin"))
        return any(pattern.search(line) for text in built_in for line in text.splitlines())

    def has_user(self, name: str) -> bool:
        """Tell whether /etc/passwd has a user."""
        passwd = self.initramfs.texts.get("etc/passwd", "") if self.initramfs else ""
        return any(line.startswith(f"{name}:") for line in passwd.splitlines())

    def _resolved(self, path: str) -> str:
        """Follow symbolic links of each part of a path; none leads out of the ramdisk."""
        links = self.initramfs.links if self.initramfs else {}
        resolved, rest, followed = "", path.split("/"), 0
        while rest:
            step = posixpath.join(resolved, rest.pop(0))
            if step in links:
                followed += 1
                if followed > _MOST_LINKS:
                    return ""
                target = posixpath.normpath(
                    posixpath.join("/", posixpath.dirname(step), links[step])
                )
                rest = [*target.lstrip("/").split("/"), *rest]
                resolved = ""
                continue
            resolved = step
        return resolved


Probe = Callable[[Ramdisk], bool]


@dataclass(frozen=True)
class Need:
    """Something that a flow needs.

    :param what: shown if it is missing.
    :param has: asks the ramdisk for it.
    """

    what: str
    has: Probe


def _program(*names: str, why: str = "") -> Need:
    what = " or ".join(names) + (f" ({why})" if why else "")
    return Need(what, lambda ramdisk: ramdisk.has_program(*names))


def _module(name: str, why: str) -> Need:
    return Need(f"kernel module {name} ({why})", lambda ramdisk: ramdisk.has_module(name))


def _same_architecture(ramdisk: Ramdisk) -> bool:
    if ramdisk.kernel is None or None in (ramdisk.kernel.architecture, ramdisk.architecture):
        return True
    return ramdisk.kernel.architecture == ramdisk.architecture


def _same_version(ramdisk: Ramdisk) -> bool:
    if ramdisk.kernel is None or ramdisk.kernel.version is None or not ramdisk.module_versions:
        return True
    return ramdisk.kernel.version in ramdisk.module_versions


def _has_dhcp_client(ramdisk: Ramdisk) -> bool:
    return ramdisk.has_program(
        "dhcpcd", "NetworkManager", "dhclient", "udhcpc"
    ) or ramdisk.has_file("usr/lib/systemd/systemd-networkd")


def _is_signed(ramdisk: Ramdisk) -> bool:
    return ramdisk.kernel is None or ramdisk.kernel.signer is not None


_DISK = (
    _program("lsblk"),
    _program("blkid"),
    _program("wipefs"),
    _program("sgdisk", why="package gdisk"),
    _program("parted"),
    _program("partprobe"),
    _program("udevadm"),
    _program("fuser", why="waits until a disk is free"),
    _program("hexdump", why="identifier of an MBR disk"),
)

FLOWS: dict[str, tuple[Need, ...]] = {
    "boot": (
        Need("init", lambda ramdisk: ramdisk.has_file("init")),
        Need("ironic-python-agent", lambda ramdisk: ramdisk.agent is not None),
        Need("a kernel of the architecture of its programs", _same_architecture),
        Need("modules of the kernel's version", _same_version),
        Need("a DHCP client", _has_dhcp_client),
        _program("ip", why="package iproute2"),
        _program("poweroff"),
        _program("reboot"),
    ),
    "inspection": (
        _program("lsblk"),
        _program("lshw"),
        _program("dmidecode"),
    ),
    "LLDP": (
        Need("ironic-python-agent", lambda ramdisk: ramdisk.agent is not None),
        _module("af_packet", "raw packets"),
    ),
    "BMC address": (
        _program("ipmitool"),
        _module("ipmi_si", "in-band access to the BMC"),
        _module("ipmi_devintf", "in-band access to the BMC"),
    ),
    "whole-disk image": (*_DISK, _program("qemu-img", why="package qemu-utils")),
    "partition image, BIOS": (
        *_DISK,
        _program("qemu-img", why="package qemu-utils"),
        _program("file", why="finds the boot loader"),
        _program("mount"),
        _program("mkfs.ext4"),
        _program("mkswap"),
    ),
    "partition image, UEFI": (
        *_DISK,
        _program("qemu-img", why="package qemu-utils"),
        _program("file", why="finds the boot loader"),
        _program("mount"),
        _program("mkfs.ext4"),
        _program("mkfs.vfat", why="package dosfstools"),
        _program("mkswap"),
        _program("efibootmgr"),
        _module("vfat", "EFI system partition"),
    ),
    "software RAID": (
        _program("mdadm"),
        _program("parted"),
        _module("raid1", "RAID 1"),
        _module("raid456", "RAID 5 and 6"),
        _program("mkfs.vfat", why="EFI system partition of each disk"),
    ),
    "erase": (
        _program("hdparm", why="secure erase of ATA disks"),
        _program("nvme", why="secure erase of NVMe disks"),
        _program("shred"),
        _program("blkdiscard"),
    ),
    "rescue": (
        Need(
            "directory /etc/ipa-rescue-config (the agent stores the password there)",
            lambda ramdisk: ramdisk.has_file("etc/ipa-rescue-config"),
        ),
        Need(
            "user rescue in /etc/passwd, or useradd",
            lambda ramdisk: ramdisk.has_user("rescue") or ramdisk.has_program("useradd"),
        ),
        _program("sshd", "dropbear", why="login over the network"),
    ),
    "burn-in": (_program("stress-ng"), _program("fio"), _program("smartctl")),
    "secure boot": (Need("a signature of the kernel", _is_signed),),
}
"""What each flow needs, by its name."""


def missing(ramdisk: Ramdisk) -> dict[str, list[str]]:
    """Return what the ramdisk lacks for each flow.

    Without an initramfs only the flows that depend on the kernel are answered.
    """
    asked = FLOWS if ramdisk.initramfs else {"secure boot": FLOWS["secure boot"]}
    if ramdisk.kernel is None:
        asked = {name: needs for name, needs in asked.items() if name != "secure boot"}
    return {
        name: [need.what for need in needs if not need.has(ramdisk)]
        for name, needs in asked.items()
    }
