# SPDX-License-Identifier: Apache-2.0
"""Inspection of the fake hardware."""

from typing import Any

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.inspect import InspectInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeInspect(InspectInterface):
    """Finds nothing new, at once."""

    def inspect_hardware(self, task: Task) -> str:
        pause("inspect")
        return states.MANAGEABLE

    def continue_inspection(
        self, task: Task, inventory: dict[str, Any], plugin_data: dict[str, Any]
    ) -> None:
        return None
