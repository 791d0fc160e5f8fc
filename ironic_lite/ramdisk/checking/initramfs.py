# SPDX-License-Identifier: Apache-2.0
"""Reads an initramfs: cpio archives one after the other, each compressed or not, as Linux does."""

import re
import stat
from dataclasses import dataclass, field

from ironic_lite.ramdisk.checking.streams import (
    Budget,
    Damaged,
    Reader,
    Source,
    exactly,
    open_part,
    skip,
)

MAGICS = (b"070701", b"070702")
_HEAD = 110
_TRAILER = "TRAILER!!!"
_LONGEST_NAME = 4096
_MOST_FILES = 500_000
_MOST_NAMES = 64 << 20
"""Bytes of all names."""
_LONGEST_TEXT = 1 << 20
_TEXTS = re.compile(
    r"etc/passwd|etc/os-release|usr/lib/os-release|lib/modules/[^/]+/modules\.builtin"
)
"""Files whose content the check reads, /usr left out."""
_LONGEST_LINK = 4096
_ELF_HEAD = 20
_MACHINES = {3: "i686", 40: "armv7l", 62: "x86_64", 183: "aarch64", 21: "ppc64le", 243: "riscv64"}
_KEPT_MACHINES = 16


@dataclass
class Initramfs:
    """What is in an initramfs.

    :param compressions: of its archives, in their order; None is none.
    :param unpacked: bytes that it takes in memory.
    :param modes: kind and permissions of each file, by its name without the first slash.
    :param links: target of each symbolic link.
    :param texts: content of the files that the check reads.
    :param machines: how many programs there are for each architecture.
    """

    compressions: list[str | None] = field(default_factory=list)
    unpacked: int = 0
    modes: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    machines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Head:
    mode: int
    size: int
    name_size: int


def read(
    source: Source, budget: Budget, first: tuple[Reader, str | None] | None = None
) -> Initramfs:
    """Read all archives.

    :param first: the first part and its compression, if it is open already.
    :raises Damaged: if it is not an initramfs, is damaged, or is larger than the budget.
    """
    found = Initramfs()
    names = 0
    while first or _skip_zeros(source):
        part, compression = first or open_part(source, budget)
        first = None
        found.compressions.append(compression)
        names += _read_archives(part, found, _MOST_NAMES - names)
    if not found.modes:
        raise Damaged("It is empty.")
    return found


def _skip_zeros(source: Source) -> bool:
    """Skip zeros between archives; tell whether something follows."""
    while True:
        head = source.peek(4096)
        rest = head.lstrip(b"\0")
        source.read(len(head) - len(rest))
        if rest or not head:
            return bool(rest)


def _read_archives(part: Reader, found: Initramfs, most_names: int) -> int:
    """Read the archive of a plain part, or all those of a compressed one; return the bytes of its names."""
    names = 0
    while True:
        entry = _read_head(part)
        if entry is None:
            return names
        name = exactly(part, entry.name_size).rstrip(b"\0").decode(errors="backslashreplace")
        skip(part, -(_HEAD + entry.name_size) % 4)
        names += entry.name_size
        if names > most_names or len(found.modes) > _MOST_FILES:
            raise Damaged("It has more files than all ramdisks.")
        if name == _TRAILER:
            # Only here a plain archive may end; what follows may be compressed.
            skip(part, entry.size)
            if found.compressions[-1] is None:
                return names
            continue
        found.unpacked += entry.size
        _read_file(part, found, _normal(name), entry)


def _read_head(part: Reader) -> _Head | None:
    """Return the next file's numbers; None at the end."""
    first = part.read(1)
    while first == b"\0":
        first = part.read(1)
    if not first:
        return None
    magic = first
    while len(magic) < len(MAGICS[0]) and (more := part.read(len(MAGICS[0]) - len(magic))):
        magic += more
    if magic not in MAGICS:
        raise Damaged(
            "It is not an initramfs: it is not made of cpio archives in the format 'newc'."
        )
    head = magic + exactly(part, _HEAD - len(magic))
    try:
        numbers = [int(head[start : start + 8], 16) for start in range(6, _HEAD, 8)]
    except ValueError:
        raise Damaged("A cpio archive in it is damaged.") from None
    name_size = numbers[11]
    if not 0 < name_size <= _LONGEST_NAME:
        raise Damaged("A cpio archive in it is damaged: a name is too long.")
    return _Head(mode=numbers[1], size=numbers[6], name_size=name_size)


def _read_file(part: Reader, found: Initramfs, name: str, entry: _Head) -> None:
    left = entry.size
    found.modes[name] = entry.mode
    if stat.S_ISLNK(entry.mode):
        if left > _LONGEST_LINK:
            raise Damaged("A cpio archive in it is damaged: a link is too long.")
        found.links[name] = exactly(part, left).decode(errors="backslashreplace")
        left = 0
    elif stat.S_ISREG(entry.mode) and _TEXTS.fullmatch(name.removeprefix("usr/")):
        taken = min(left, _LONGEST_TEXT)
        found.texts[name] = exactly(part, taken).decode(errors="replace")
        left -= taken
    elif stat.S_ISREG(entry.mode) and entry.mode & 0o111 and left >= _ELF_HEAD:
        machine = _machine(exactly(part, _ELF_HEAD))
        left -= _ELF_HEAD
        if machine and (machine in found.machines or len(found.machines) < _KEPT_MACHINES):
            found.machines[machine] = found.machines.get(machine, 0) + 1
    skip(part, left + -entry.size % 4)


def _machine(head: bytes) -> str | None:
    if not head.startswith(b"\x7fELF"):
        return None
    number = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    return _MACHINES.get(number, f"machine {number}")


def _normal(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))
