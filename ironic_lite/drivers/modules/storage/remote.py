# SPDX-License-Identifier: Apache-2.0
"""The common part of the storage interfaces with remote volumes: which volume a server boots from."""

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.storage import StorageInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.volume import VolumeTarget

_BOOTED = 0
"""The boot index of the volume that a server boots from."""


class RemoteStorage(StorageInterface):
    """A node boots from its volume target with boot index 0, if it has one."""

    def validate(self, task: Task) -> None:
        volume = self.boot_volume(task)
        if volume is None or volume.volume_type != "iscsi" or task.driver.boot.iscsi_boot:
            return
        raise exception.InvalidParameterValue(
            err=f"Node {task.node.uuid} boots from the iSCSI volume {volume.volume_id}, which its boot interface "
            f"{task.node.boot_interface} does not support; use one that does, such as ipxe."
        )

    def boot_volume(self, task: Task) -> VolumeTarget | None:
        return next((each for each in task.volume_targets if each.boot_index == _BOOTED), None)

    def should_write_image(self, task: Task) -> bool:
        if task.node.instance_info.get("image_source"):
            return True
        return self.boot_volume(task) is None
