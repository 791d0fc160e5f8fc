# SPDX-License-Identifier: Apache-2.0
"""Inspection: reading a server's hardware."""

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

        :returns: ``states.MANAGEABLE`` when it has ended, ``states.INSPECTWAIT`` when it continues in the ramdisk.
        :raises HardwareInspectionFailure: when the inspection fails.
        """

    def continue_inspection(
        self, task: Task, inventory: dict[str, Any], plugin_data: dict[str, Any]
    ) -> None:
        """Process the inspection data that the ramdisk has sent.

        It is called again with the same data after a crash. It does not save the node, so that all of its changes
        become visible at once.

        :param inventory: the hardware, in the agent's format. It must not be changed.
        :param plugin_data: the other data of the ramdisk; the method adds its results here.
        :raises HardwareInspectionFailure: when the data cannot be used.
        """
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="continue_inspection"
        )

    def tear_down(self, task: Task) -> None:
        """Bring the server into its final state after a successful inspection. May be called again."""

    def abort(self, task: Task) -> None:
        """Stop a waiting inspection, or clean up after a failed one. May be called again."""
