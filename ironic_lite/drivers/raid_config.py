# SPDX-License-Identifier: Apache-2.0
"""What a target RAID configuration may say: the form that Ironic and its clients know.

The schema is the one declaration: configurations are held against it, and clients are told its descriptions.
"""

import functools
from typing import Any

from ironic_lite.common import exception

LEVELS = ("JBOD", "0", "1", "2", "5", "6", "1+0", "5+0", "6+0")

_LOGICAL_DISK: dict[str, dict[str, Any]] = {
    "raid_level": {
        "enum": list(LEVELS),
        "description": f"RAID level: one of {', '.join(LEVELS)}. Required.",
    },
    "size_gb": {
        "anyOf": [{"type": "integer", "minimum": 0}, {"enum": ["MAX"]}],
        "description": "Size in GiB, a whole number, or 'MAX' for all the space that is left. Required.",
    },
    "volume_name": {
        "type": "string",
        "description": "Name of the volume; the controller chooses one where it is left out.",
    },
    "is_root_volume": {
        "type": "boolean",
        "description": "Whether the operating system goes onto this disk. At most one disk may say so.",
    },
    "share_physical_disks": {
        "type": "boolean",
        "description": "Whether other logical disks may use the same physical disks. By default they may not.",
    },
    "disk_type": {
        "enum": ["hdd", "ssd"],
        "description": "Kind of the physical disks: 'hdd' or 'ssd'. Any where it is left out.",
    },
    "interface_type": {
        "enum": ["sata", "scsi", "sas"],
        "description": "Interface of the physical disks: 'sata', 'scsi' or 'sas'. Any where it is left out.",
    },
    "number_of_physical_disks": {
        "type": "integer",
        "minimum": 0,
        "description": "How many physical disks to use; as few as the level allows where it is left out.",
    },
    "controller": {
        "type": "string",
        "description": "The RAID controller to use; the driver chooses where it is left out.",
    },
    "physical_disks": {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "description": "The physical disks to use; the driver chooses where they are left out.",
    },
}

_SCHEMA = {
    "type": "object",
    "properties": {
        "logical_disks": {
            "type": "array",
            "minItems": 1,
            "maxItems": 256,
            "items": {
                "type": "object",
                "properties": _LOGICAL_DISK,
                "required": ["raid_level", "size_gb"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["logical_disks"],
    "additionalProperties": False,
}


@functools.cache
def _validator() -> Any:
    # Late: the library costs start-up time and memory that only RAID configurations should pay.
    import jsonschema

    return jsonschema.Draft202012Validator(_SCHEMA)


def properties() -> dict[str, str]:
    """``{property of a logical disk: its meaning}``."""
    return {name: str(rule["description"]) for name, rule in _LOGICAL_DISK.items()}


def validate(wanted: dict[str, Any]) -> None:
    """Hold a configuration against the schema.

    :raises InvalidParameterValue: naming what is wrong, and where.
    """
    from jsonschema import exceptions

    problem = exceptions.best_match(_validator().iter_errors(wanted))
    if problem is not None:
        place = ".".join(str(part) for part in problem.absolute_path)
        raise exception.InvalidParameterValue(
            err=f"RAID config validation error: {problem.message[:256]}"
            + (f" (in {place})" if place else "")
        )
    roots = [disk for disk in wanted["logical_disks"] if disk.get("is_root_volume")]
    if len(roots) > 1:
        raise exception.InvalidParameterValue(
            err="RAID config validation error: only one logical disk can be the root volume"
        )
