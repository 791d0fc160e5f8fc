# SPDX-License-Identifier: Apache-2.0
"""Small ramdisks, made up in memory."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
from collections.abc import Callable, Mapping

from ironic_lite.ramdisk import cpio
from ironic_lite.ramdisk.zstd import ZstdFile

X86_64, AARCH64 = 62, 183
VERSION = "6.12.0-1-amd64"


def _zstd(data: bytes) -> bytes:
    out = io.BytesIO()
    with ZstdFile(out, "wb") as file:
        file.write(data)
    return out.getvalue()


COMPRESSIONS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": _zstd,
}


def program(machine: int = X86_64) -> bytes:
    """The head of an ELF file."""
    return b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little") + bytes(100)


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """A cpio archive: bytes make a program or another file, text makes a link."""
    out = io.BytesIO()
    writer = cpio.Writer(out)
    for name, content in files.items():
        kind = stat.S_IFREG if isinstance(content, bytes) else stat.S_IFLNK
        data = content if isinstance(content, bytes) else content.encode()
        writer.add(cpio.Entry(name, kind | 0o755, data))
    writer.close()
    return out.getvalue()


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar archive with gzip, as upstream publishes ramdisks."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def kernel(version: str = VERSION, size: int = 8192) -> bytes:
    """A kernel for x86-64 that is not signed."""
    data = bytearray(size)
    data[:2] = b"MZ"
    data[0x202:0x206] = b"HdrS"
    data[0x20E:0x210] = (0x1000).to_bytes(2, "little")
    data[0x1200 : 0x1200 + len(version) + 1] = version.encode() + b" "
    return bytes(data)


def complete(machine: int = X86_64, **more: bytes | str) -> dict[str, bytes | str]:
    """The files of a ramdisk that lacks nothing; /bin and /sbin are links, as in newer systems."""
    programs = (
        *("blkdiscard", "blkid", "dhcpcd", "dmidecode", "efibootmgr", "file", "fuser", "hdparm"),
        *(
            "hexdump",
            "ip",
            "ipmitool",
            "lsblk",
            "lshw",
            "mdadm",
            "mkfs.ext4",
            "mkfs.vfat",
            "mkswap",
        ),
        *("mount", "nvme", "parted", "partprobe", "poweroff", "qemu-img", "reboot", "sgdisk"),
        *("shred", "sshd", "udevadm", "wipefs"),
    )
    modules = ("ipmi_si", "ipmi_devintf", "vfat", "raid1", "raid456")
    return {
        "init": b"#!/bin/sh\n",
        "bin": "usr/bin",
        "sbin": "/usr/sbin",
        "etc/passwd": b"root:x:0:0::/root:/bin/sh\nrescue:x:1000:1000::/home:/bin/sh\n",
        "etc/ipa-rescue-config": b"",
        "opt/python/ironic_python_agent-13.0.0.dist-info": b"",
        f"usr/lib/modules/{VERSION}": b"",
        f"usr/lib/modules/{VERSION}/modules.builtin": b"kernel/net/packet/af_packet.ko\n",
        **{f"usr/lib/modules/{VERSION}/kernel/{name}.ko.xz": b"" for name in modules},
        **{f"usr/bin/{name}": program(machine) for name in programs},
        **more,
    }
