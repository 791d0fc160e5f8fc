# SPDX-License-Identifier: Apache-2.0
"""Management interface for servers with a fixed boot order."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.management import DISK, PXE, ManagementInterface
from ironic_lite.drivers.interfaces.task import Task


class NoopManagement(ManagementInterface):
    """Accepts boot devices and changes nothing: the server itself tries the network first, then its disk."""

    def get_supported_boot_devices(self, task: Task) -> list[str]:
        return [PXE, DISK]

    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        if device not in self.get_supported_boot_devices(task):
            raise exception.InvalidParameterValue(
                err=f"Invalid boot device {device} specified; use pxe or disk."
            )

    def get_boot_device(self, task: Task) -> dict[str, Any]:
        return {"boot_device": None, "persistent": None}
