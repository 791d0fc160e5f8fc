# SPDX-License-Identifier: Apache-2.0
"""Disks with a GUID partition table, as sgdisk sees them."""

import subprocess
import uuid
from pathlib import Path

from ironic_lite_simulator.disk_image import gpt

MIB = 1 << 20


def test_sgdisk_finds_the_partitions(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"first")
    second.write_bytes(bytes(2 * MIB) + b"second")
    disk = tmp_path / "disk"
    partitions = [
        gpt.Partition(gpt.EFI_SYSTEM, "efi", first),
        gpt.Partition(gpt.LINUX, "root", second),
    ]
    starts = gpt.write(disk, partitions, uuid.UUID(int=7))
    assert starts == [MIB, 2 * MIB]
    content = disk.read_bytes()
    assert content[MIB : MIB + 5] == b"first"
    assert content[4 * MIB : 4 * MIB + 6] == b"second"
    assert len(content) == 6 * MIB
    seen = subprocess.run(
        ["/sbin/sgdisk", "--verify", "--print", disk], capture_output=True, text=True, check=True
    ).stdout
    assert "No problems found" in seen
    assert [line.split()[-2:] for line in seen.splitlines() if line[:4].strip() in ("1", "2")] == [
        ["EF00", "efi"],
        ["8300", "root"],
    ]


def test_the_same_again(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.write_bytes(b"x")
    disks = [tmp_path / "a", tmp_path / "b"]
    for disk in disks:
        gpt.write(disk, [gpt.Partition(gpt.LINUX, "root", content)], uuid.UUID(int=7), 4096)
    assert disks[0].read_bytes() == disks[1].read_bytes()
    assert disks[0].read_bytes()[4096:4104] == b"EFI PART"
