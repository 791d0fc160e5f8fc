# SPDX-License-Identifier: Apache-2.0
"""Boot of the fake hardware."""

from typing import Any

from ironic_lite.drivers.interfaces.boot import BootInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeBoot(BootInterface):
    """Nothing to prepare."""

    def prepare_ramdisk(self, task: Task, ramdisk_params: dict[str, Any]) -> None:
        pause("boot")

    def clean_up_ramdisk(self, task: Task) -> None:
        pause("boot")

    def prepare_instance(self, task: Task) -> None:
        pause("boot")

    def clean_up_instance(self, task: Task) -> None:
        pause("boot")
