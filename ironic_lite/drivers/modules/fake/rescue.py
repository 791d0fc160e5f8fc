# SPDX-License-Identifier: Apache-2.0
"""Rescue of the fake hardware."""

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.rescue import RescueInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeRescue(RescueInterface):
    """Rescues and unrescues at once."""

    def rescue(self, task: Task) -> str:
        pause("rescue")
        return states.RESCUE

    def unrescue(self, task: Task) -> str:
        pause("rescue")
        return states.ACTIVE
