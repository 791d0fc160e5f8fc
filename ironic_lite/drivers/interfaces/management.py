# SPDX-License-Identifier: Apache-2.0
"""Boot devices, sensors and the like."""

import abc
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task

PXE = "pxe"
DISK = "disk"
CDROM = "cdrom"
BIOS = "bios"
SAFE = "safe"


class ManagementInterface(BaseInterface):
    """Manages what a server boots from, and asks its BMC how it is."""

    interface_type = "management"

    @abc.abstractmethod
    def get_supported_boot_devices(self, task: Task) -> list[str]:
        """The names that :meth:`set_boot_device` takes."""

    @abc.abstractmethod
    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        """Set the device of the next boot, or of all boots.

        :raises InvalidParameterValue: when the device is not supported.
        """

    @abc.abstractmethod
    def get_boot_device(self, task: Task) -> dict[str, Any]:
        """``{"boot_device": name or None, "persistent": True, False or None}``."""

    def detect_vendor(self, task: Task) -> str:
        """The maker of the server, as its BMC tells."""
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="detect_vendor"
        )

    def get_sensors_data(self, task: Task) -> dict[str, Any]:
        """``{sensor type: {sensor id: {reading, ...}}}``."""
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="get_sensors_data"
        )

    def inject_nmi(self, task: Task) -> None:
        """Send a non-maskable interrupt."""
        raise exception.UnsupportedDriverExtension(driver=task.node.driver, extension="inject_nmi")
