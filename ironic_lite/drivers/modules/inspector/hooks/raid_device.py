# SPDX-License-Identifier: Apache-2.0
"""Hook ``raid-device``: the disk that is new since the last inspection becomes the root device.

For RAID volumes: inspect the node, create the volume, inspect the node again.
"""

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.drivers.modules.inspector.hooks.properties import record
from ironic_lite.objects.node_records import NodeInventory

LOG = log.getLogger(__name__)


class RaidDeviceHook(InspectionHook):
    """Sets the hint ``serial`` in ``properties['root_device']`` unless the node has hints."""

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
                "Node %s: %d new disks since the last inspection; the hook sets a root device for exactly one",
                task.node.uuid,
                len(new),
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
