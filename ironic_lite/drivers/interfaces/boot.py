# SPDX-License-Identifier: Apache-2.0
"""How a server gets its ramdisk and its operating system."""

import abc
from typing import Any, ClassVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class BootInterface(BaseInterface):
    """Prepares what the next boot of a server brings up.

    What prepares and cleans up runs under the exclusive lock, and again after a crash, also when the first try got
    nowhere. None of it changes power.
    """

    interface_type = "boot"

    ramdisk_boot: ClassVar[bool] = False
    """Whether it can boot a ramdisk or an ISO image as an instance."""

    @abc.abstractmethod
    def prepare_ramdisk(self, task: Task, ramdisk_params: dict[str, Any]) -> None:
        """Make the next boot bring up the deploy ramdisk; the node's states tell what for.

        :param ramdisk_params: kernel arguments for the agent.
        :raises InvalidParameterValue: naming what is missing or wrong.
        """

    def clean_up_ramdisk(self, task: Task) -> None:
        """Undo :meth:`prepare_ramdisk`."""

    @abc.abstractmethod
    def prepare_instance(self, task: Task) -> None:
        """Make the next boot bring up the deployed operating system."""

    def adopt_instance(self, task: Task) -> None:
        """Take note of an instance that runs already. Nothing is changed on the server, nobody is asked.

        :raises InvalidParameterValue: when something is missing or wrong that the instance's next boot needs.
        """

    def clean_up_instance(self, task: Task) -> None:
        """Undo :meth:`prepare_instance`."""

    def validate_rescue(self, task: Task) -> None:
        """Check that the rescue ramdisk can be booted.

        :raises InvalidParameterValue: naming what is missing or wrong.
        """
        self.validate(task)

    def validate_instance_ramdisk(self, task: Task) -> dict[str, str]:
        """Check what the node is to boot as its instance.

        :returns: what it is, and its URLs: ``kernel`` and ``ramdisk``, or ``boot_iso``.
        :raises InvalidParameterValue: naming what is missing or wrong.
        """
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="ramdisk_boot"
        )

    def boot_script(self, task: Task, mac: str) -> str:
        """Return the iPXE script that a server of this node gets when it boots over the network. Any lock.

        :param mac: MAC address that the firmware booted from.
        """
        raise exception.UnsupportedDriverExtension(driver=task.node.driver, extension="boot_script")
