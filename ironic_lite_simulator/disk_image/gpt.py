# SPDX-License-Identifier: Apache-2.0
"""Disks with a GUID partition table (UEFI 2.10, chapter 5), for sectors of 512 or 4096 bytes."""

import dataclasses
import struct
import uuid
import zlib
from pathlib import Path
from typing import BinaryIO

BIOS_BOOT = uuid.UUID("21686148-6449-6e6f-744e-656564454649")
EFI_SYSTEM = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
ALIGNMENT = 1 << 20
_ENTRIES, _ENTRY_SIZE = 128, 128
_SIGNATURE, _REVISION, _HEADER_SIZE = b"EFI PART", 0x00010000, 92
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Partition:
    """A partition: its type, its name, and the file with its content. Its size is that of the file, in whole MiB."""

    type: uuid.UUID
    name: str
    content: Path

    @property
    def size(self) -> int:
        return -(-self.content.stat().st_size // ALIGNMENT) * ALIGNMENT


def write(path: Path, partitions: list[Partition], seed: uuid.UUID, sector: int = 512) -> list[int]:
    """Write a disk with these partitions into a sparse file.

    :param seed: the GUIDs of disk and partitions follow from it.
    :returns: where the partitions begin, in bytes.
    """
    starts, end = [], ALIGNMENT
    for partition in partitions:
        starts.append(end)
        end += partition.size
    size = end + ALIGNMENT
    last = size // sector - 1
    entries = [
        struct.pack(
            "<16s16sQQQ72s",
            partition.type.bytes_le,
            uuid.uuid5(seed, f"{number} {partition.name}").bytes_le,
            start // sector,
            (start + partition.size) // sector - 1,
            0,
            partition.name.encode("utf-16-le"),
        )
        for number, (partition, start) in enumerate(zip(partitions, starts, strict=True))
    ]
    table = b"".join(entries).ljust(_ENTRIES * _ENTRY_SIZE, b"\0")
    sectors = -(-len(table) // sector)
    with path.open("wb") as disk:
        disk.truncate(size)
        disk.write(_protective_mbr(last))
        disk.seek(sector)
        disk.write(_header(seed, table, 1, last, 2, sectors))
        disk.seek(2 * sector)
        disk.write(table)
        disk.seek((last - sectors) * sector)
        disk.write(table)
        disk.seek(last * sector)
        disk.write(_header(seed, table, last, 1, last - sectors, sectors))
        for partition, start in zip(partitions, starts, strict=True):
            _copy(partition.content, disk, start)
    return starts


def _protective_mbr(last: int) -> bytes:
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(last, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _header(
    seed: uuid.UUID, table: bytes, here: int, other: int, entries: int, sectors: int
) -> bytes:
    last = max(here, other)

    def header(checksum: int) -> bytes:
        return struct.pack(
            "<8sIIIIQQQQ16sQIII",
            *(_SIGNATURE, _REVISION, _HEADER_SIZE, checksum, 0, here, other),
            *(2 + sectors, last - sectors - 1, seed.bytes_le),
            *(entries, _ENTRIES, _ENTRY_SIZE, zlib.crc32(table)),
        )

    return header(zlib.crc32(header(0)))


def _copy(content: Path, disk: BinaryIO, start: int) -> None:
    """Copy a file to its place, and leave out what is zero."""
    with content.open("rb") as source:
        while chunk := source.read(_CHUNK):
            if chunk.count(0) != len(chunk):
                disk.seek(start + source.tell() - len(chunk))
                disk.write(chunk)
