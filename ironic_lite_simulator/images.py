# SPDX-License-Identifier: Apache-2.0
"""The kernel, the ramdisk and the images (of a disk, a root file system, an ISO) that the rack makes and serves."""

import dataclasses
import functools
import hashlib
import struct

from ironic_lite_simulator.disk import BOOT_SIGNATURE, SECTOR

KERNEL = "ipa.kernel"
RAMDISK = "ipa.initramfs"
DISK_IMAGE = "rack-os.raw"
ROOT_IMAGE = "rack-os.root"
ISO_IMAGE = "rack-os.iso"

_IMAGE_SIZE = 2 * 1024 * 1024
_FIRST_SECTOR = 2048


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """A file under ``/images/`` and its SHA-256."""

    name: str
    content: bytes
    sha256: str


@functools.cache
def catalog() -> dict[str, Image]:
    """Return the rack's images by name. They are the same in every run."""
    files = {
        KERNEL: _padding("virtual kernel", 64 * 1024),
        RAMDISK: _padding("virtual ironic-python-agent ramdisk", 256 * 1024),
        DISK_IMAGE: _disk_image(),
        ROOT_IMAGE: _padding("virtual root file system", 512 * 1024),
        ISO_IMAGE: _padding("virtual ISO image", 128 * 1024),
    }
    return {
        name: Image(name, content, hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    }


def _padding(text: str, size: int) -> bytes:
    line = f"ironic_lite {text}\n".encode()
    return (line * (size // len(line) + 1))[:size]


def _disk_image() -> bytes:
    """Return a raw image with an MBR and one Linux partition; nothing reads more of it."""
    sectors = _IMAGE_SIZE // SECTOR - _FIRST_SECTOR
    partition = struct.pack("<B3sB3sII", 0x80, bytes(3), 0x83, bytes(3), _FIRST_SECTOR, sectors)
    mbr = bytes(440) + b"LITE" + bytes(2) + partition.ljust(64, b"\0") + BOOT_SIGNATURE
    start = _FIRST_SECTOR * SECTOR
    return mbr.ljust(start, b"\0") + _padding("virtual operating system", _IMAGE_SIZE - start)
