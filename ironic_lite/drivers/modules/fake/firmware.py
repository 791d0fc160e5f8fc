# SPDX-License-Identifier: Apache-2.0
"""Firmware of the fake hardware."""

from typing import Any

from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.firmware import FirmwareInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause

_SETTINGS = {
    "settings": {
        "description": "List of updates, each with a component and a url.",
        "required": True,
    }
}


class FakeFirmware(FirmwareInterface):
    """Accepts updates and does nothing."""

    def cache_firmware_components(self, task: Task) -> None:
        pause("firmware")

    @steps.clean_step(priority=0, argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    @steps.service_step(argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    def update(self, task: Task, settings: list[dict[str, Any]]) -> None:
        pause("firmware")
