# SPDX-License-Identifier: Apache-2.0
"""RAID of the fake hardware."""

from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.raid import RAIDInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeRAID(RAIDInterface):
    """Accepts the configuration steps of real controllers and does nothing."""

    @steps.clean_step(priority=0, requires_ramdisk=False, repeatable=True)
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def create_configuration(
        self, task: Task, create_root_volume: bool = True, create_nonroot_volumes: bool = True
    ) -> None:
        """Make the logical disks of target_raid_config."""
        pause("raid")

    @steps.clean_step(priority=0, requires_ramdisk=False, repeatable=True)
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def delete_configuration(self, task: Task) -> None:
        """Remove all logical disks."""
        pause("raid")
