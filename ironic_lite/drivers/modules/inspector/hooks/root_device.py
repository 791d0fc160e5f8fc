# SPDX-License-Identifier: Apache-2.0
"""Hook ``root-device``: ``properties['local_gb']`` is the size of the disk that the node's root device hints choose."""

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import root_device
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.drivers.modules.inspector.hooks.properties import record

LOG = log.getLogger(__name__)

_GIB = 1024**3


class RootDeviceHook(InspectionHook):
    """Without hints, takes the ramdisk's choice: ``root_disk`` in the plugin data."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        disk = _choose(task, inventory, plugin_data)
        if disk is None:
            return
        size = disk.get("size")
        if size is None:
            LOG.warning("Node %s: the size of the root device is unknown", task.node.uuid)
            return
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise exception.HardwareInspectionFailure(
                f"the size of disk {disk.get('name')!s:.64} is not a number of bytes"
            )
        spacing = 1 if CONF.inspector.disk_partitioning_spacing else 0
        local_gb = max(0, size // _GIB - spacing)
        plugin_data["local_gb"] = local_gb
        record(task, "local_gb", local_gb)


def _choose(task: Task, inventory: Data, plugin_data: Data) -> Data | None:
    hints = task.node.properties.get("root_device")
    if not hints:
        reported = plugin_data.get("root_disk")
        return reported if isinstance(reported, dict) else None
    disks = inventory.get("disks")
    chosen = root_device.choose(
        disks if isinstance(disks, list) else (), hints, "properties/root_device"
    )
    if chosen is None:
        raise exception.HardwareInspectionFailure(
            "no disk of the inventory matches the root device hints in properties/root_device"
        )
    return dict(chosen)
