# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class InspectInterface(BaseInterface):
    """Fills in a node's properties from its hardware."""

    interface_type = "inspect"

    @abc.abstractmethod
    def inspect_hardware(self, task: Task) -> str:
        """Start an inspection.

        :returns: ``states.MANAGEABLE`` when it is done, ``states.INSPECTWAIT`` while it goes on.
        :raises HardwareInspectionFailure: when it cannot be done.
        """

    def abort(self, task: Task) -> None:
        """Stop an inspection that waits."""
