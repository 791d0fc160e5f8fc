# SPDX-License-Identifier: Apache-2.0
"""Looks at the partition table of an image: a whole disk or a file system, and which firmware boots it.

Only the first sectors of the disk are read. In a qcow2 file they are found through its tables of clusters.
"""

import dataclasses
import struct
import uuid
import zlib
from typing import BinaryIO

from ironic_lite.images.store.content import QCOW2

WHOLE_DISK, PARTITION = "whole-disk", "partition"
BIOS, UEFI = "bios", "uefi"

_SECTOR = 512

_SUPERBLOCKS = 72 * 1024
_ENTRIES = 128
_ENTRY = 128
_EFI_SYSTEM = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b").bytes_le
_BIOS_BOOT = uuid.UUID("21686148-6449-6e6f-744e-656564454649").bytes_le
_FILE_SYSTEMS = (
    (1080, b"\x53\xef"),  # ext2 to ext4
    (0, b"XFSB"),
    (65600, b"_BHRfS_M"),  # btrfs
    (0, b"hsqs"),  # squashfs
    (1024, b"\xe2\xe1\xf5\xe0"),  # erofs
    (82, b"FAT32   "),
    (54, b"FAT16   "),
    (3, b"NTFS    "),
)
_PROTECTIVE, _EFI_IN_MBR = 0xEE, 0xEF

_COMPRESSED = 1 << 62
_OFFSET = 0x00FFFFFFFFFFFE00
_MOST_CLUSTER = 2 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Layout:
    """What the first sectors say. None, and no firmware: they do not say it."""

    image_type: str | None = None
    firmware: tuple[str, ...] = ()


def look(file: BinaryIO, disk_format: str) -> Layout:
    """Look at the file of a raw or qcow2 image."""
    try:
        disk = _first_of_qcow2(file) if disk_format == QCOW2 else _read(file, 0, _SUPERBLOCKS)
    except (struct.error, zlib.error, ValueError, IndexError):
        # The tables of a qcow2 file can be of many kinds; this is only a hint.
        return Layout()
    if _is_file_system(disk):
        return Layout(PARTITION)
    return _of_table(disk)


def _is_file_system(disk: bytes) -> bool:
    return any(disk[at : at + len(sign)] == sign for at, sign in _FILE_SYSTEMS)


def _of_table(disk: bytes) -> Layout:
    if len(disk) < _SECTOR or disk[510:512] != b"\x55\xaa":
        return Layout()
    entries = [disk[446 + 16 * number :][:16] for number in range(4)]
    kinds = {entry[4] for entry in entries} - {0}
    if not kinds or any(entry[0] not in (0, 0x80) for entry in entries):
        return Layout()
    firmware = _of_guids(disk) if _PROTECTIVE in kinds else _of_mbr(disk, entries)
    return Layout(WHOLE_DISK, tuple(sorted(firmware)))


def _of_mbr(disk: bytes, entries: list[bytes]) -> set[str]:
    firmware = set()
    if any(entry[0] == 0x80 for entry in entries) or any(disk[:440]):
        firmware.add(BIOS)
    if any(entry[4] == _EFI_IN_MBR for entry in entries):
        firmware.add(UEFI)
    return firmware


def _of_guids(disk: bytes) -> set[str]:
    if disk[_SECTOR : _SECTOR + 8] != b"EFI PART":
        return set()
    at, count, size = (
        struct.unpack_from("<Q", disk, _SECTOR + 72)[0],
        *struct.unpack_from("<II", disk, _SECTOR + 80),
    )
    if size < _ENTRY:
        return set()
    starts = (at * _SECTOR + size * number for number in range(min(count, _ENTRIES)))
    kinds = {disk[start : start + 16] for start in starts}
    return {name for guid, name in ((_EFI_SYSTEM, UEFI), (_BIOS_BOOT, BIOS)) if guid in kinds}


def _first_of_qcow2(file: BinaryIO) -> bytes:
    """Return the first bytes of the disk in a qcow2 file, as far as one cluster has them."""
    head = _read(file, 0, 72)
    (bits,) = struct.unpack_from(">I", head, 20)
    if not 9 <= bits <= 21:
        return b""
    cluster = 1 << bits
    (table,) = struct.unpack_from(">Q", head, 40)
    return b"".join(
        _cluster(file, table, number, bits) for number in range(max(1, -(-_SUPERBLOCKS // cluster)))
    )


def _cluster(file: BinaryIO, table: int, number: int, bits: int) -> bytes:
    cluster = 1 << bits
    of_second, within = divmod(number, cluster // 8)
    (second,) = struct.unpack(">Q", _read(file, table + 8 * of_second, 8))
    if not second & _OFFSET:
        return bytes(cluster)
    (entry,) = struct.unpack(">Q", _read(file, (second & _OFFSET) + 8 * within, 8))
    if entry & _COMPRESSED:
        # The low bits are the place, the others how many further sectors the compressed bytes take.
        place_bits = 62 - (bits - 8)
        place = entry & ((1 << place_bits) - 1)
        sectors = (entry & (_COMPRESSED - 1)) >> place_bits
        packed = _read(file, place, (sectors + 1) * _SECTOR - place % _SECTOR)
        return zlib.decompressobj(-12).decompress(packed, cluster).ljust(cluster, b"\0")
    if not entry & _OFFSET:
        return bytes(cluster)
    return _read(file, entry & _OFFSET, cluster)


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(min(size, _MOST_CLUSTER))
