# SPDX-License-Identifier: Apache-2.0
"""Software RAID as ironic-python-agent makes it, of the virtual server's disk: the arrays are only remembered."""

from typing import Any

from ironic_lite_simulator.agent.errors import SoftwareRAIDError
from ironic_lite_simulator.disk import Disk

STEPS = frozenset({"create_configuration", "apply_configuration", "delete_configuration"})
_MOST = 2


def run(step: str, disk: Disk, node: dict[str, Any], arguments: dict[str, Any]) -> Any:
    """Run a step; returns what the real agent returns.

    :raises SoftwareRAIDError: as the real agent.
    """
    if step == "create_configuration":
        return _create(disk, node.get("target_raid_config") or {})
    if step == "apply_configuration" and not arguments.get("delete_existing", True):
        return _create(disk, arguments["raid_config"])
    disk.erase_metadata()
    disk.arrays = []
    return _create(disk, arguments["raid_config"]) if step == "apply_configuration" else None


def _create(disk: Disk, wanted: dict[str, Any]) -> dict[str, Any]:
    arrays = wanted.get("logical_disks") or []
    if not any(each.get("controller") == "software" for each in arrays):
        return {}
    if disk.arrays:
        raise SoftwareRAIDError("Existing Software RAID device detected that should not")
    if len(arrays) > _MOST or arrays[0]["raid_level"] != "1":
        raise SoftwareRAIDError(
            "Software RAID Configuration requires RAID-1 for the first logical disk"
        )
    disk.arrays = [dict(each) for each in arrays]
    return {"logical_disks": disk.arrays}
