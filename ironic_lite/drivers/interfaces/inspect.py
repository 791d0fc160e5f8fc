# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of."""

import abc
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class InspectInterface(BaseInterface):
    """Fills in a node's properties from its hardware. All methods run under the exclusive lock."""

    interface_type = "inspect"

    @abc.abstractmethod
    def inspect_hardware(self, task: Task) -> str:
        """Start an inspection; called again after a crash.

        :returns: ``states.MANAGEABLE`` when it is done, ``states.INSPECTWAIT`` while it goes on.
        :raises HardwareInspectionFailure: when it cannot be done.
        """

    def continue_inspection(
        self, task: Task, inventory: dict[str, Any], plugin_data: dict[str, Any]
    ) -> None:
        """The ramdisk of a waiting inspection has sent what it found: make of it what is to be made.

        It may be called again with the same data, should a conductor die meanwhile. Changes of the node are left
        unsaved, so that they become known all at once.

        :param inventory: the hardware, in the agent's form. Not to be changed.
        :param plugin_data: what else the ramdisk collected; results go in here.
        :raises HardwareInspectionFailure: when the data cannot be used.
        """
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="continue_inspection"
        )

    def tear_down(self, task: Task) -> None:
        """Leave the server as it is to be after an inspection that has ended well. May be called again."""

    def abort(self, task: Task) -> None:
        """Stop an inspection that waits, or clean up behind one that has failed. May be called again."""
