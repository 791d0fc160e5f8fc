# SPDX-License-Identifier: Apache-2.0
"""Management of a server that does not exist."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured


class FakeManagement(Unconfigured, management.ManagementInterface):
    """Boots from PXE, always; as Ironic's."""

    def get_supported_boot_devices(self, task: Task) -> list[str]:
        return [management.PXE]

    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        if device not in self.get_supported_boot_devices(task):
            raise exception.InvalidParameterValue(
                err=f"Invalid boot device {device} specified; this server boots from pxe only."
            )

    def get_boot_device(self, task: Task) -> dict[str, Any]:
        return {"boot_device": management.PXE, "persistent": False}

    def detect_vendor(self, task: Task) -> str:
        return "Fake Vendor"

    def get_sensors_data(self, task: Task) -> dict[str, Any]:
        return {}

    def inject_nmi(self, task: Task) -> None:
        return None
