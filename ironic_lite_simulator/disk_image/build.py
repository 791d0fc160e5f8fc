# SPDX-License-Identifier: Apache-2.0
"""Builds a small disk image: Debian's signed kernel, busybox as its system, GRUB for a BIOS and for UEFI.

It boots to a login (``root``, without a password) on the serial console within seconds, also where a processor is
emulated; takes its host name from a config drive; and asks for addresses by DHCP.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from ironic_lite_simulator.disk_image import gpt

PACKAGES = (
    *("busybox-static", "linux-image-cloud-amd64", "kmod", "e2fsprogs", "dosfstools", "mtools"),
    *("grub-common", "grub-pc-bin", "shim-signed", "grub-efi-amd64-signed"),
)
SUITE = "bookworm"
_DATA = Path(__file__).with_name("data")
_PARTS = ("root.img", "core.img", "boot.img", "efi-512.img", "efi-4096.img")
_TIMEOUT = 1800.0
_SEED = uuid.UUID("9a1c7c0e-77b4-4c38-a2f7-3f0c5d6e8b21")
_SECTOR = 512
# Where boot.img has the first sector of the core image; where the core image has that of its rest.
_BOOT_SECTOR_AT, _REST_AT = 0x5C, 0x1F4


class BuildFailed(Exception):
    """An image could not be built; the message says why, and what to install."""


def cache_directory() -> Path:
    """Return the directory for what takes long to build."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ironic-lite"


def whole_disk(cache: Path, sector: int = _SECTOR) -> Path:
    """Return a raw whole-disk image, which is built if it is not in the cache yet.

    :param sector: the size of the sectors of the disks that it boots on, 512 or 4096; a BIOS boots only from 512.
    :raises BuildFailed: a tool is missing or failed.
    """
    found = cache / f"disk-image-{_version()}-{sector}.raw"
    with _alone(cache):
        if not found.exists():
            parts = cache / f"disk-image-{_version()}"
            if not parts.exists():
                _make_parts(parts, cache)
            assembled = found.with_suffix(".new")
            _assemble(parts, assembled, sector)
            assembled.rename(found)
    return found


def _version() -> str:
    """Return a digest of all that an image is made from."""
    digest = hashlib.sha256(" ".join((SUITE, *PACKAGES)).encode())
    for path in (Path(__file__), Path(gpt.__file__), *sorted(_DATA.rglob("*"))):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Wait until nobody else builds in this cache."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "disk-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_parts(parts: Path, cache: Path) -> None:
    """Have mmdebstrap unpack the packages, and run ``data/compose`` in there."""
    program = shutil.which("mmdebstrap")
    if program is None:
        raise BuildFailed(
            "A disk image needs mmdebstrap, which is not installed: apt-get install mmdebstrap debian-archive-keyring"
        )
    with tempfile.TemporaryDirectory(dir=cache) as work:
        made = Path(work) / "parts"
        made.mkdir()
        argv = [
            program,
            "--variant=extract",
            f"--include={','.join(PACKAGES)}",
            "--aptopt=Apt::Install-Recommends false",
            '--extract-hook=mkdir "$1/build"',
            f"--extract-hook=sync-in {_DATA} /build",
            '--extract-hook=chroot "$1" /bin/busybox sh /build/compose',
            *(f"--extract-hook=copy-out /parts/{name} {made}" for name in _PARTS),
            *(SUITE, "/dev/null"),
        ]
        log = Path(work) / "log"
        with log.open("wb") as output:
            try:
                done = subprocess.run(  # noqa: S603 - our own words and paths
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    timeout=_TIMEOUT,
                    check=False,
                )
            except subprocess.TimeoutExpired as exc:
                raise BuildFailed(f"mmdebstrap did not end within {_TIMEOUT:g} s") from exc
        if done.returncode:
            said = log.read_text(errors="replace").splitlines()[-5:]
            raise BuildFailed(f"mmdebstrap ended with {done.returncode}: {' / '.join(said)}")
        made.rename(parts)


def _assemble(parts: Path, image: Path, sector: int) -> None:
    partitions = [
        gpt.Partition(gpt.BIOS_BOOT, "bios", parts / "core.img"),
        gpt.Partition(gpt.EFI_SYSTEM, "efi", parts / f"efi-{sector}.img"),
        gpt.Partition(gpt.LINUX, "root", parts / "root.img"),
    ]
    core, _, _ = gpt.write(image, partitions, _SEED, sector)
    if sector != _SECTOR:
        return
    # What grub-bios-setup does: the boot sector finds the core image, and that finds its own rest.
    with image.open("r+b") as disk:
        disk.write((parts / "boot.img").read_bytes()[:440])
        disk.seek(_BOOT_SECTOR_AT)
        disk.write(struct.pack("<Q", core // _SECTOR))
        disk.seek(core + _REST_AT)
        disk.write(struct.pack("<Q", core // _SECTOR + 1))
