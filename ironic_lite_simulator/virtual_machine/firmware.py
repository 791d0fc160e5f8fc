# SPDX-License-Identifier: Apache-2.0
"""Programs and firmware files of virtual machines, where Debian's packages have them."""

import dataclasses
import functools
import os
import shutil
from pathlib import Path

_OVMF = Path("/usr/share/OVMF")
_KVM = "/dev/kvm"
QEMU, SETPRIV = "qemu-system-x86_64", "setpriv"
PACKAGES = {QEMU: "qemu-system-x86", SETPRIV: "util-linux"}


class NotInstalled(Exception):
    """A program or a firmware file is missing; the message names the package."""


@dataclasses.dataclass(frozen=True, slots=True)
class Flash:
    """Flash memory of UEFI firmware: its code, and a template of the variables that each machine gets a copy of.

    ``protected``: the code runs in system management mode, and only it may write variables.
    """

    code: Path
    variables: Path
    protected: bool = False


def program(name: str) -> str:
    """Return the path of a program in PACKAGES.

    :raises NotInstalled: it is missing.
    """
    found = shutil.which(name)
    if found is None:
        raise NotInstalled(_missing(name, PACKAGES[name]))
    return found


def flash(firmware: str) -> Flash | None:
    """Return the flash memory of a kind of firmware; None for a BIOS, which QEMU brings.

    :raises NotInstalled: its files are missing.
    """
    if firmware == "bios":
        return None
    protected = firmware == "uefi-secure-boot"
    kind = ".ms" if protected else ""
    found = Flash(
        _OVMF / f"OVMF_CODE_4M{kind}.fd", _OVMF / f"OVMF_VARS_4M{kind}.fd", protected=protected
    )
    for path in (found.code, found.variables):
        if not path.exists():
            raise NotInstalled(_missing(str(path), "ovmf"))
    return found


@functools.cache
def accelerated() -> bool:
    """Tell whether machines run on the processor itself (KVM); otherwise QEMU emulates one, ten times as slowly.

    KVM without the processor's own virtualization (pvm, in some clouds) runs only kernels that were made for it, but no
    firmware.
    """
    if not os.access(_KVM, os.R_OK | os.W_OK):
        return False
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return "vmx" in flags or "svm" in flags


def _missing(what: str, package: str) -> str:
    return f"Virtual machines need {what}, which is not installed: apt-get install {package}"
