# SPDX-License-Identifier: Apache-2.0
"""The disk of a virtual server: a sparse file, beside it the config drive and the partition table."""

import hashlib
from pathlib import Path
from typing import Any

from ironic_lite_simulator.partitions import MIB, ROOT, Partition

DEFAULT_SIZE = 10 * 1024**3
SECTOR = 512
BOOT_SIGNATURE = b"\x55\xaa"
# What erase_devices_metadata clears at both ends: more than any partition table or filesystem
# signature takes.
_METADATA_SIZE = 1024 * 1024
_CHUNK = 1024 * 1024


class DiskFull(OSError):
    """An image is larger than the disk."""


class Disk:
    """A disk of ``size`` bytes in a directory of its own. All calls block for file access.

    ``arrays`` are the logical disks of software RAID that an agent has made on it.
    """

    def __init__(self, directory: Path, size: int = DEFAULT_SIZE) -> None:
        self.size = size
        self._file = directory / "disk.img"
        self._config_drive = directory / "config-drive.img"
        self._start = self._written = 0
        self._digest: str | None = None
        self._boots_root: str | None = None
        self.partitions: list[Partition] = []
        self.arrays: list[dict[str, Any]] = []
        self._config_drive_digest: str | None = None
        self.erase()

    def erase(self) -> None:
        """Make every byte zero."""
        with self._file.open("wb") as disk:
            disk.truncate(self.size)
        self._forget()

    def erase_metadata(self) -> None:
        """Clear both ends, so that nothing is found on the disk."""
        with self._file.open("r+b") as disk:
            disk.write(bytes(_METADATA_SIZE))
            disk.seek(self.size - _METADATA_SIZE)
            disk.write(bytes(_METADATA_SIZE))
        self._forget()

    def _forget(self) -> None:
        self._config_drive.unlink(missing_ok=True)
        self._config_drive_digest = None
        self._start, self._written, self._digest = 0, 0, None
        self.partitions, self._boots_root = [], None

    def begin_image(self, partitions: list[Partition]) -> None:
        """Make room for an image: on the whole disk, or on the root partition if there are ``partitions``."""
        self.partitions, self._boots_root = partitions, None
        self._start, self._written, self._digest = 0, 0, None
        if not partitions:
            return
        with self._file.open("r+b") as disk:
            disk.seek(SECTOR - len(BOOT_SIGNATURE))
            disk.write(BOOT_SIGNATURE)
        self._start = next(p.start for p in partitions if p.label == ROOT) * MIB

    def install_bootloader(self, root_uuid: str) -> None:
        """Make the root partition with this UUID the one that boots."""
        self._boots_root = root_uuid

    def boots(self) -> bool:
        """Tell whether firmware can boot: partitions that the agent made also need a boot loader."""
        roots = [p.uuid for p in self.partitions if p.label == ROOT]
        return self.has_partition_table() and (not roots or self._boots_root in roots)

    def write(self, offset: int, chunk: bytes) -> None:
        """Write a part of an image.

        :raises DiskFull: the part ends behind the end of the disk.
        """
        if self._start + offset + len(chunk) > self.size:
            raise DiskFull(f"The disk holds {self.size} bytes; the image is larger.")
        with self._file.open("r+b") as disk:
            disk.seek(self._start + offset)
            disk.write(chunk)
        self._written, self._digest = offset + len(chunk), None

    def write_config_drive(self, content: bytes) -> None:
        self._config_drive.write_bytes(content)
        self._config_drive_digest = hashlib.sha256(content).hexdigest()

    def has_partition_table(self) -> bool:
        """Tell whether the first sector carries the boot signature."""
        with self._file.open("rb") as disk:
            return disk.read(SECTOR).endswith(BOOT_SIGNATURE)

    def identifier(self) -> str:
        """Return the disk identifier of the MBR, as ``hexdump`` shows it."""
        with self._file.open("rb") as disk:
            return f"0x{int.from_bytes(disk.read(SECTOR)[440:444], 'little'):08x}"

    @property
    def image_size(self) -> int:
        """Bytes of the image that was written last, 0 for none."""
        return self._written

    def sha256(self) -> str | None:
        """Return the SHA-256 of the image as read back from the disk; None without an image."""
        if not self._written or self._digest:
            return self._digest
        digest = hashlib.sha256()
        left = self._written
        with self._file.open("rb") as disk:
            disk.seek(self._start)
            while left:
                chunk = disk.read(min(_CHUNK, left))
                digest.update(chunk)
                left -= len(chunk)
        self._digest = digest.hexdigest()
        return self._digest

    def config_drive(self) -> bytes | None:
        """Return the config drive's content, None without one."""
        try:
            return self._config_drive.read_bytes()
        except FileNotFoundError:
            return None

    @property
    def config_drive_sha256(self) -> str | None:
        """Digest of the config drive's content, None without one."""
        return self._config_drive_digest
