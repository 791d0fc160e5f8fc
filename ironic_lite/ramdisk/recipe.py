# SPDX-License-Identifier: Apache-2.0
"""What is to be built."""

import importlib.resources
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

DATA: Traversable = importlib.resources.files(__package__) / "data"
"""The files that come with this package."""

RELEASE = "trixie"
"""Debian 13: its kernel knows newer servers than that of Debian 12, and it is maintained until 2030."""

PYTHON = "3.13"
"""The Python of this release, for which the agent's packages are pinned."""

MIRROR = "http://deb.debian.org/debian"
SECURITY_MIRROR = "http://deb.debian.org/debian-security"

_KERNEL_PACKAGE = re.compile(r"linux-image-\d")


@dataclass(frozen=True)
class Architecture:
    """One architecture in the words of everybody involved.

    :param name: of the kernel and of `properties/cpu_arch`.
    :param debian: of Debian's packages.
    :param loaders: packages with GRUB for its firmware.
    """

    name: str
    debian: str
    loaders: tuple[str, ...]

    @property
    def kernel_package(self) -> str:
        """The package that depends on the newest kernel."""
        return f"linux-image-{self.debian}"

    @property
    def wheel_platforms(self) -> tuple[str, ...]:
        """Platforms of Python packages with compiled parts that run here."""
        return tuple(f"{each}_{self.name}" for each in ("manylinux_2_28", "manylinux2014"))


ARCHITECTURES = {
    each.name: each
    for each in (
        Architecture("x86_64", "amd64", ("grub-pc-bin", "grub-efi-amd64-bin")),
        Architecture("aarch64", "arm64", ("grub-efi-arm64-bin",)),
    )
}


@dataclass(frozen=True)
class Recipe:
    """What one ramdisk is built from.

    :param packages: more packages of Debian.
    :param firmware: whether to add firmware that Debian has for network and storage devices of servers.
    :param ipmi: whether the agent can ask the server's BMC for its address; that takes it up to 10 s.
    :param certificates: files with certificates of authorities, PEM, that the agent trusts besides Debian's.
    :param ssh_keys: files with public SSH keys that may log in as root.
    :param lock: version of each of Debian's packages that is wanted if the mirrors have it, that of the kernel too.
    """

    architecture: Architecture
    packages: tuple[str, ...] = ()
    firmware: bool = False
    ipmi: bool = True
    certificates: tuple[Path, ...] = ()
    ssh_keys: tuple[Path, ...] = ()
    mirror: str = MIRROR
    security_mirror: str = SECURITY_MIRROR
    lock: Mapping[str, str] = field(default_factory=dict)

    @property
    def locked_kernel(self) -> str:
        """The kernel's package of the lock, as apt wants it; empty without one."""
        found = (name for name in self.lock if _KERNEL_PACKAGE.match(name))
        return next((f"{name}={self.lock[name]}" for name in found), "")

    @property
    def preferences(self) -> str:
        """The lock as a file of preferences for apt."""
        return "".join(
            f"Package: {name}\nPin: version {version}\nPin-Priority: 1001\n\n"
            for name, version in sorted(self.lock.items())
        )

    @property
    def all_packages(self) -> list[str]:
        """Every package that is asked for by name, sorted, without the kernel's."""
        wanted = {*lines("packages"), *self.architecture.loaders, *self.packages}
        if self.ipmi:
            wanted.add("ipmitool")
        if self.firmware:
            wanted.update(lines("firmware-packages"))
        return sorted(wanted)

    @property
    def options(self) -> dict[str, object]:
        """How this recipe differs from the default, for the manifest; files by their names."""
        given: dict[str, object] = {}
        if self.packages:
            given["packages"] = sorted(self.packages)
        if self.firmware:
            given["firmware"] = True
        if not self.ipmi:
            given["ipmi"] = False
        if self.certificates:
            given["certificates"] = [each.name for each in self.certificates]
        if self.ssh_keys:
            given["ssh_keys"] = [each.name for each in self.ssh_keys]
        return given

    @property
    def components(self) -> str:
        """Parts of Debian that the packages come from."""
        return "main non-free-firmware" if self.firmware else "main"

    @property
    def sources(self) -> list[str]:
        """Where apt finds packages, in its own form."""
        return [
            _source(self.mirror, RELEASE, self.components),
            _source(self.mirror, f"{RELEASE}-updates", self.components),
            _source(self.security_mirror, f"{RELEASE}-security", self.components),
        ]


def lines(name: str) -> Iterator[str]:
    """Yield the lines of one of our data files, without comments and empty lines."""
    for line in (DATA / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _source(mirror: str, release: str, components: str) -> str:
    # The lists of an archive of former days are no longer valid.
    former = " [check-valid-until=no]" if "snapshot.debian.org" in mirror else ""
    return f"deb{former} {mirror} {release} {components}"
