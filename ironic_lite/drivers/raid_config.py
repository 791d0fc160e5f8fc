# SPDX-License-Identifier: Apache-2.0
"""Schema of target RAID configurations, as Ironic and its clients use it.

Configurations are validated with it, and the API shows clients its descriptions.
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
        "description": "Name of the volume; default: chosen by the controller.",
    },
    "is_root_volume": {
        "type": "boolean",
        "description": "Whether the operating system is installed on this disk. At most one disk may set this.",
    },
    "share_physical_disks": {
        "type": "boolean",
        "description": "Whether other logical disks may use the same physical disks. Default: false.",
    },
    "disk_type": {
        "enum": ["hdd", "ssd"],
        "description": "Type of the physical disks: 'hdd' or 'ssd'. Default: any.",
    },
    "interface_type": {
        "enum": ["sata", "scsi", "sas"],
        "description": "Interface of the physical disks: 'sata', 'scsi' or 'sas'. Default: any.",
    },
    "number_of_physical_disks": {
        "type": "integer",
        "minimum": 0,
        "description": "Number of physical disks to use. Default: as few as the level allows.",
    },
    "controller": {
        "type": "string",
        "description": "The RAID controller to use; default: chosen by the driver.",
    },
    "physical_disks": {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "description": "The physical disks to use; default: chosen by the driver.",
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
    # Imported here because the library costs start-up time and memory.
    import jsonschema

    return jsonschema.Draft202012Validator(_SCHEMA)


def properties() -> dict[str, str]:
    """Return ``{property of a logical disk: its description}``."""
    return {name: str(rule["description"]) for name, rule in _LOGICAL_DISK.items()}


def validate(wanted: dict[str, Any]) -> None:
    """Check a configuration against the schema.

    :raises InvalidParameterValue: when it is invalid; the message says what is wrong and where.
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
