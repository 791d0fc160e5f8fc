# SPDX-License-Identifier: Apache-2.0
"""The clean, deploy and service steps of ironic-python-agent's generic hardware manager."""

from typing import Any, Literal

Kind = Literal["clean", "deploy", "service"]

MANAGER = "GenericHardwareManager"
MANAGER_VERSIONS = {"generic_hardware_manager": "1.2"}

# Step, interface and priority, per kind, as release 13 has them by default.
_STEPS: dict[Kind, tuple[tuple[str, str, int], ...]] = {
    "clean": (
        ("erase_devices", "deploy", 10),
        ("erase_devices_metadata", "deploy", 99),
        ("erase_devices_express", "deploy", 0),
        ("erase_pstore", "deploy", 0),
        ("clean_uefi_nvram", "deploy", 0),
        ("delete_configuration", "raid", 0),
        ("create_configuration", "raid", 0),
        ("burnin_cpu", "deploy", 0),
        ("burnin_gpu", "deploy", 0),
        ("burnin_disk", "deploy", 0),
        ("burnin_memory", "deploy", 0),
        ("burnin_network", "deploy", 0),
    ),
    "deploy": (
        ("erase_devices_metadata", "deploy", 0),
        ("apply_configuration", "raid", 0),
        ("clean_uefi_nvram", "deploy", 0),
        ("write_image", "deploy", 0),
    ),
    "service": (
        ("delete_configuration", "raid", 0),
        ("create_configuration", "raid", 0),
        ("burnin_cpu", "deploy", 0),
        ("burnin_disk", "deploy", 0),
        ("burnin_memory", "deploy", 0),
        ("burnin_network", "deploy", 0),
    ),
}

_RAID_ARGUMENTS = {
    "raid_config": {"description": "The RAID configuration to apply.", "required": True},
    "delete_existing": {
        "description": "Delete the existing RAID configuration first; default is true.",
        "required": False,
    },
}
_ARGUMENTS = {"apply_configuration": _RAID_ARGUMENTS}

ALL_STEPS = frozenset(name for steps in _STEPS.values() for name, _, _ in steps)
ERASE_ALL = frozenset({"erase_devices"})
ERASE_METADATA = frozenset({"erase_devices_metadata", "erase_devices_express"})


def listing(kind: Kind) -> dict[str, list[dict[str, Any]]]:
    steps = []
    for name, interface, priority in _STEPS[kind]:
        step: dict[str, Any] = {
            "step": name,
            "priority": priority,
            "interface": interface,
            "reboot_requested": False,
        }
        if kind != "deploy":
            step["abortable"] = True
        if name in _ARGUMENTS:
            step["argsinfo"] = _ARGUMENTS[name]
        steps.append(step)
    return {MANAGER: steps}
