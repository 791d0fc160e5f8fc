# SPDX-License-Identifier: Apache-2.0
"""Descriptions of a rack's servers."""

from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator import description
from ironic_lite_simulator.description import (
    InvalidDescription,
    Simulated,
    VirtualDisk,
    VirtualMachine,
)


def test_servers_of_both_kinds(tmp_path: Path) -> None:
    file = tmp_path / "servers.yaml"
    file.write_text(
        """
servers:
- kind: simulated
  nics: 2
- kind: vm
- kind: vm
  firmware: uefi-secure-boot
  memory_mib: 3072
  processors: 2
  disks: [{size_gib: 4, serial: A1, sector: 4096}, {rotational: true}]
  network_boot_rom: false
"""
    )
    assert description.read_file(file) == (
        Simulated(nics=2),
        VirtualMachine(),
        VirtualMachine(
            "uefi-secure-boot",
            3072,
            2,
            (VirtualDisk(4, "A1", 4096), VirtualDisk(rotational=True)),
            network_boot_rom=False,
        ),
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "the description: None is not of type 'object'"),
        ({}, "'servers' is a required property"),
        ({"servers": []}, "servers: "),
        ({"servers": [{}]}, r"servers\[0\]: 'kind' is a required property"),
        ({"servers": [{"kind": "bare"}]}, r"servers\[0\].kind: 'bare' is not one of"),
        ({"servers": [{"kind": "simulated", "disks": []}]}, "'disks' was unexpected"),
        ({"servers": [{"kind": "vm", "firmware": "efi"}]}, "firmware: 'efi' is not one of"),
        ({"servers": [{"kind": "vm", "memory_mib": 64}]}, "memory_mib: 64 is less than"),
        ({"servers": [{"kind": "vm", "nics": 9}]}, "nics: 9 is greater than"),
        ({"servers": [{"kind": "vm", "disks": [{"sector": 520}]}]}, "sector: 520 is not one of"),
        ({"servers": [{"kind": "vm", "disks": [{"serial": "a,b"}]}]}, "serial: 'a,b' does not"),
    ],
)
def test_what_is_no_description(content: Any, why: str) -> None:
    with pytest.raises(InvalidDescription, match=why):
        description.read(content)


@pytest.mark.parametrize("text", ["servers: [", "\x00", "a: &a [*a]"])
def test_what_is_no_yaml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "servers.yaml"
    file.write_text(text)
    with pytest.raises(InvalidDescription, match="servers.yaml"):
        description.read_file(file)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidDescription, match="No such file"):
        description.read_file(tmp_path / "none.yaml")
