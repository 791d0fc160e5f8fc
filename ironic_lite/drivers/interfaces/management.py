# SPDX-License-Identifier: Apache-2.0
"""Boot devices, boot mode, sensors, indicators and virtual media."""

import abc
from typing import Any, NoReturn

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task

PXE = "pxe"
DISK = "disk"
CDROM = "cdrom"
BIOS = "bios"
SAFE = "safe"

UNKNOWN_VENDOR = "iana-"
"""The prefix of a vendor without a short name; its IANA enterprise number follows."""


class ManagementInterface(BaseInterface):
    """Manages a server's boot settings, and reads the state of its hardware from the BMC.

    Methods that set, inject, attach or detach run under the exclusive lock, and call ``task.ensure_locked`` before each
    command that they send; setting the same value again is harmless. The others run under any lock and change nothing.
    Flows call ``task.set_boot_device`` instead of :meth:`set_boot_device`.

    A method that is not overridden raises ``UnsupportedDriverExtension``, status 400.
    """

    interface_type = "management"

    @abc.abstractmethod
    def get_supported_boot_devices(self, task: Task) -> list[str]:
        """Return the names of the boot devices that :meth:`set_boot_device` takes."""

    @abc.abstractmethod
    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        """Set the boot device for the next boot, or for all boots.

        :raises InvalidParameterValue: when the device is not supported.
        """

    @abc.abstractmethod
    def get_boot_device(self, task: Task) -> dict[str, Any]:
        """Return ``{"boot_device": name or None, "persistent": True, False or None}``."""

    def detect_vendor(self, task: Task) -> str:
        """Return the vendor that the BMC reports: a short name, or ``UNKNOWN_VENDOR`` and a number."""
        self._unsupported(task, "detect_vendor")

    def get_sensors_data(self, task: Task) -> dict[str, Any]:
        """Return ``{sensor type: {sensor id: {reading, ...}}}``."""
        self._unsupported(task, "get_sensors_data")

    def inject_nmi(self, task: Task) -> None:
        """Send a non-maskable interrupt."""
        self._unsupported(task, "inject_nmi")

    def get_boot_mode(self, task: Task) -> str:
        """Return ``bios`` or ``uefi``."""
        self._unsupported(task, "get_boot_mode")

    def set_boot_mode(self, task: Task, mode: str) -> None:
        """Set the boot mode, from the next boot on.

        :param mode: ``bios`` or ``uefi``.
        """
        self._unsupported(task, "set_boot_mode")

    def get_secure_boot_state(self, task: Task) -> bool:
        """Return whether secure boot is on."""
        self._unsupported(task, "get_secure_boot_state")

    def set_secure_boot_state(self, task: Task, state: bool) -> None:
        """Turn secure boot on or off, from the next boot on."""
        self._unsupported(task, "set_secure_boot_state")

    def get_supported_indicators(self, task: Task) -> dict[str, dict[str, dict[str, Any]]]:
        """Return ``{component: {indicator: {"readonly": bool, "states": [names]}}}``."""
        self._unsupported(task, "get_supported_indicators")

    def get_indicator_state(self, task: Task, component: str, indicator: str) -> str:
        """Return ``on``, ``off`` or ``blinking``.

        :raises InvalidParameterValue: when there is no such component or indicator.
        """
        self._unsupported(task, "get_indicator_state")

    def set_indicator_state(self, task: Task, component: str, indicator: str, state: str) -> None:
        """Switch an indicator.

        :raises InvalidParameterValue: when there is no such component, indicator or state.
        """
        self._unsupported(task, "set_indicator_state")

    def attach_virtual_media(self, task: Task, device_type: str, image_url: str) -> None:
        """Put an image into a virtual drive of the server.

        :param device_type: ``cdrom``, ``disk`` or ``floppy``.
        """
        self._unsupported(task, "attach_virtual_media")

    def detach_virtual_media(self, task: Task, device_types: list[str] | None = None) -> None:
        """Empty the virtual drives of these types; None: of all types."""
        self._unsupported(task, "detach_virtual_media")

    def get_virtual_media(self, task: Task) -> list[dict[str, Any]]:
        """Return the contents of the server's virtual drives."""
        self._unsupported(task, "get_virtual_media")

    @staticmethod
    def _unsupported(task: Task, what: str) -> NoReturn:
        raise exception.UnsupportedDriverExtension(driver=task.node.driver, extension=what)
