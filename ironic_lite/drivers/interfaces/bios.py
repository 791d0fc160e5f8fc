# SPDX-License-Identifier: Apache-2.0
"""BIOS settings."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class BIOSInterface(BaseInterface):
    """Reads and writes BIOS settings, the latter by the steps that it declares."""

    interface_type = "bios"

    @abc.abstractmethod
    def cache_bios_settings(self, task: Task) -> None:
        """Record the settings that the server has now, by ``BIOSSetting.replace``.

        Exclusive lock; may be called again.

        :raises UnsupportedDriverExtension: when this server does not tell them; the caller goes on then.
        """
