# SPDX-License-Identifier: Apache-2.0
"""Rescue: a ramdisk to log in to when the operating system does not boot."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task

HASHED_PASSWORD = "hashed_rescue_password"  # noqa: S105 - the name of a field
PASSWORD = "rescue_password"  # noqa: S105
"""Keys in ``instance_info`` while a rescue begins. The second is set only if hashes are not required."""


class RescueInterface(BaseInterface):
    """Boots a rescue ramdisk, and the instance again. All methods run under the exclusive lock."""

    interface_type = "rescue"

    @abc.abstractmethod
    def rescue(self, task: Task) -> str:
        """Boot the rescue ramdisk; called again after a crash.

        :returns: ``states.RESCUEWAIT`` while the ramdisk boots, ``states.RESCUE`` when it is up.
        """

    def finalize(self, task: Task) -> None:
        """Prepare the running ramdisk for logins. After a crash, :meth:`rescue` is called again first."""

    @abc.abstractmethod
    def unrescue(self, task: Task) -> str:
        """Boot the instance again. May be called again.

        :returns: ``states.ACTIVE``.
        """

    def clean_up(self, task: Task) -> None:
        """Undo what :meth:`rescue` prepared, when it fails or the instance is torn down. May be called again."""
