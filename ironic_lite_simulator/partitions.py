# SPDX-License-Identifier: Apache-2.0
"""The partitions that an agent makes for a partition image (a file system, not a whole disk)."""

import dataclasses
import uuid
from typing import Any

MIB = 1024 * 1024
EFI, EPHEMERAL, SWAP, ROOT = "efi", "ephemeral", "swap", "root"
_EFI_SIZE = 200
_FIRST = 1


class DoesNotFit(Exception):
    """The partitions cannot be made on this disk; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Partition:
    """A partition; start and size are in MiB. Each formatting gives it a new UUID."""

    label: str
    start: int
    size: int
    uuid: str

    def as_dict(self) -> dict[str, Any]:
        """Return what the rack's status shows."""
        return dataclasses.asdict(self)


def lay_out(
    before: list[Partition], sizes: dict[str, int], uefi: bool, preserve_ephemeral: bool, disk: int
) -> list[Partition]:
    """Return the partitions for these sizes in MiB; only a preserved ephemeral partition stays as it was.

    :param disk: size of the disk in bytes.
    :raises DoesNotFit: the disk is too small, or there is no such ephemeral partition to preserve.
    """
    wanted = [(EFI, _EFI_SIZE)] if uefi else []
    wanted += [(label, sizes[label]) for label in (EPHEMERAL, SWAP, ROOT) if sizes[label]]
    made, start = [], _FIRST
    for label, size in wanted:
        made.append(Partition(label, start, size, str(uuid.uuid4())))
        start += size
    if start * MIB > disk:
        raise DoesNotFit(f"The partitions take {start} MiB, the disk has {disk // MIB}.")
    if not preserve_ephemeral:
        return made
    known = {(p.label, p.start, p.size): p for p in before}
    if known.keys() != {(p.label, p.start, p.size) for p in made}:
        raise DoesNotFit(
            "There is no ephemeral partition to preserve, or the layout of the disk differs."
        )
    return [known[p.label, p.start, p.size] if p.label == EPHEMERAL else p for p in made]
