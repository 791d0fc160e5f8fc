# SPDX-License-Identifier: Apache-2.0
"""What servers a rack has: simulated ones, and virtual machines of QEMU."""

import dataclasses
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from ironic_lite_simulator.network.nic import MAX_NICS

MIB = 1 << 20
GIB = 1 << 30
MAX_SERVERS = 1000
FIRMWARE = ("bios", "uefi", "uefi-secure-boot")


class InvalidDescription(ValueError):
    """A description of servers cannot be read; the message says where and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Simulated:
    """A server whose firmware, disk and agent are the rack's own."""

    nics: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class VirtualDisk:
    """A disk of a virtual machine: ``size_gib`` (GiB), its ``serial`` number, and the size of its ``sector`` (bytes).

    ``rotational`` says whether the disk tells the operating system that it rotates.
    """

    size_gib: int = 8
    serial: str | None = None
    sector: int = 512
    rotational: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A server that is a process of QEMU, with real firmware.

    ``firmware`` is one of FIRMWARE, ``memory_mib`` is in MiB. With ``network_boot_rom`` each NIC has iPXE in a ROM;
    without it, UEFI firmware boots with its own drivers, and BIOS firmware does not boot over the network.
    """

    firmware: str = "bios"
    memory_mib: int = 2048
    processors: int = 1
    disks: tuple[VirtualDisk, ...] = (VirtualDisk(),)
    nics: int = 1
    network_boot_rom: bool = True


Description = Simulated | VirtualMachine

_COUNT = {"type": "integer", "minimum": 1}
_NICS = {**_COUNT, "maximum": MAX_NICS}
_DISK = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "size_gib": {**_COUNT, "maximum": 1 << 14},
        "serial": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,20}$"},
        "sector": {"enum": [512, 4096]},
        "rotational": {"type": "boolean"},
    },
}
_VIRTUAL_MACHINE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "kind": {"const": "vm"},
        "firmware": {"enum": list(FIRMWARE)},
        "memory_mib": {**_COUNT, "minimum": 256, "maximum": 1 << 20},
        "processors": {**_COUNT, "maximum": 64},
        "disks": {"type": "array", "maxItems": 8, "items": _DISK},
        "nics": _NICS,
        "network_boot_rom": {"type": "boolean"},
    },
}
_SIMULATED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"kind": {"const": "simulated"}, "nics": _NICS},
}
_SERVER = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["simulated", "vm"]}},
    "if": {"properties": {"kind": {"const": "vm"}}},
    "then": _VIRTUAL_MACHINE,
    "else": _SIMULATED,
}
_FILE = {
    "type": "object",
    "required": ["servers"],
    "additionalProperties": False,
    "properties": {
        "servers": {"type": "array", "minItems": 1, "maxItems": MAX_SERVERS, "items": _SERVER}
    },
}


def read_file(path: Path) -> tuple[Description, ...]:
    """Read the servers of a description in YAML.

    :raises InvalidDescription: the file cannot be read, or does not describe servers.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as exc:
        raise InvalidDescription(f"{path}: {exc.strerror}.") from exc
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as exc:
        raise InvalidDescription(f"{path} is not YAML: {' '.join(str(exc).split())}") from exc
    try:
        return read(content)
    except InvalidDescription as exc:
        raise InvalidDescription(f"{path}: {exc}") from exc


def read(content: Any) -> tuple[Description, ...]:
    """Read ``{"servers": [{"kind": "vm", ...}, ...]}``; the keys are the fields of the classes above.

    :raises InvalidDescription: it is not such a description.
    """
    try:
        jsonschema.validate(content, _FILE, cls=jsonschema.Draft202012Validator)
    except jsonschema.ValidationError as exc:
        where = exc.json_path.removeprefix("$").removeprefix(".") or "the description"
        raise InvalidDescription(f"{where}: {exc.message}.") from exc
    return tuple(_server(each) for each in content["servers"])


def _server(given: dict[str, Any]) -> Description:
    fields = {name: value for name, value in given.items() if name != "kind"}
    if given["kind"] == "simulated":
        return Simulated(**fields)
    if "disks" in fields:
        fields["disks"] = tuple(VirtualDisk(**disk) for disk in fields["disks"])
    return VirtualMachine(**fields)
