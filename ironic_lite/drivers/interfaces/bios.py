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
        """Read the server's settings and store them by ``BIOSSetting.replace``.

        Exclusive lock; may be called again.

        :raises UnsupportedDriverExtension: when this server does not report them; callers ignore this error.
        """
