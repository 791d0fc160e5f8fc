# SPDX-License-Identifier: Apache-2.0
"""Hook ``raid-device``: a disk that was not there at the last inspection becomes the root device.

For volumes that a RAID controller makes: inspect the node, make the volume, inspect it again.
"""

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.drivers.modules.inspector.hooks.properties import record
from ironic_lite.objects.node_records import NodeInventory

LOG = log.getLogger(__name__)


class RaidDeviceHook(InspectionHook):
    """Sets the hint ``serial`` in ``properties['root_device']`` unless there are hints."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        if task.node.properties.get("root_device"):
            return
        try:
            last = NodeInventory.get(task.context, task.node.id).inventory_data
        except exception.NodeInventoryNotFound:
            return
        before, new = _serials(last or {}), []
        if before:
            new = sorted(_serials(inventory) - before)
        if len(new) > 1:
            LOG.warning(
                "Node %s: %d new disks, so none is the root device", task.node.uuid, len(new)
            )
        if len(new) == 1:
            LOG.info("Node %s: the new disk %s is the root device", task.node.uuid, new[0])
            record(task, "root_device", {"serial": new[0]})


def _serials(inventory: Data) -> set[str]:
    disks = inventory.get("disks")
    return {
        str(disk["serial"])
        for disk in (disks if isinstance(disks, list) else ())
        if isinstance(disk, dict) and disk.get("serial")
    }
