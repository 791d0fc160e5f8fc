# SPDX-License-Identifier: Apache-2.0
"""Booting a server's ramdisk and its operating system."""

import abc
from typing import Any, ClassVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class BootInterface(BaseInterface):
    """Prepares the next boot of a server.

    The methods that prepare and clean up run under the exclusive lock, and again after a crash, even if the first call
    had not begun its work. No method changes power.
    """

    interface_type = "boot"

    ramdisk_boot: ClassVar[bool] = False
    """Whether the interface can boot a ramdisk or an ISO image as an instance."""

    iscsi_boot: ClassVar[bool] = False
    """Whether the interface can boot an instance from an iSCSI volume."""

    @abc.abstractmethod
    def prepare_ramdisk(self, task: Task, ramdisk_params: dict[str, Any]) -> None:
        """Make the server's next boot the deploy ramdisk; the node's provision state says for which operation.

        :param ramdisk_params: kernel arguments for the agent.
        :raises InvalidParameterValue: naming what is missing or wrong.
        """

    def prepare_again(self, task: Task) -> None:
        """Make the server's next boot the same ramdisk once more, because it made no progress; see :meth:`boots_agent`.

        The ramdisk and its kernel arguments are those of the last :meth:`prepare_ramdisk`.
        """

    def clean_up_ramdisk(self, task: Task) -> None:
        """Undo :meth:`prepare_ramdisk`."""

    @abc.abstractmethod
    def prepare_instance(self, task: Task) -> None:
        """Make the server's next boot the deployed operating system."""

    def adopt_instance(self, task: Task) -> None:
        """Record an instance that runs already. Asks no hardware and changes nothing on the server.

        :raises InvalidParameterValue: when a setting that the instance's next boot needs is missing or wrong.
        """

    def clean_up_instance(self, task: Task) -> None:
        """Undo :meth:`prepare_instance`."""

    def validate_rescue(self, task: Task) -> None:
        """Check that the rescue ramdisk can be booted.

        :raises InvalidParameterValue: naming what is missing or wrong.
        """
        self.validate(task)

    def validate_instance_ramdisk(self, node: Any) -> dict[str, str]:
        """Check the ramdisk or ISO image that the node boots as its instance.

        :param node: the node, perhaps with more in ``instance_info`` than it has on record.
        :returns: its images: ``kernel`` and ``ramdisk``, or ``boot_iso``.
        :raises InvalidParameterValue: naming what is missing or wrong.
        """
        raise exception.UnsupportedDriverExtension(driver=node.driver, extension="ramdisk_boot")

    def boots_agent(self, node: Any) -> bool:
        """Return whether the server requests :meth:`boot_script`, and the script boots a ramdisk with an agent now.

        Then the progress of the boot is known, and a server without progress is booted again.
        """
        return False

    def boot_script(self, task: Task, mac: str) -> str:
        """Return the iPXE script for the node's server when it boots over the network. Any lock.

        :param mac: MAC address of the port that the firmware boots from.
        """
        raise exception.UnsupportedDriverExtension(driver=task.node.driver, extension="boot_script")
