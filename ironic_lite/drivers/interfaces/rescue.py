# SPDX-License-Identifier: Apache-2.0
"""A ramdisk to log in to when the operating system does not come up."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class RescueInterface(BaseInterface):
    """Boots a rescue ramdisk and the way back."""

    interface_type = "rescue"

    @abc.abstractmethod
    def rescue(self, task: Task) -> str:
        """Boot the rescue ramdisk.

        :returns: ``states.RESCUEWAIT`` while it boots, ``states.RESCUE`` when it is up.
        """

    @abc.abstractmethod
    def unrescue(self, task: Task) -> str:
        """Boot the instance again.

        :returns: ``states.ACTIVE``.
        """

    def clean_up(self, task: Task) -> None:
        """Undo what :meth:`rescue` prepared, when it fails."""
