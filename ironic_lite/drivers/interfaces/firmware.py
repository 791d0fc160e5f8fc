# SPDX-License-Identifier: Apache-2.0
"""Firmware versions and updates."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class FirmwareInterface(BaseInterface):
    """Reads firmware versions, and updates them by the steps that it declares."""

    interface_type = "firmware"

    @abc.abstractmethod
    def cache_firmware_components(self, task: Task) -> None:
        """Read the server's firmware versions and store them by ``FirmwareComponent.replace``.

        Exclusive lock; may be called again.

        :raises UnsupportedDriverExtension: when this server does not report them; callers ignore this error.
        """
