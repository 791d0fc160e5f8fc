# SPDX-License-Identifier: Apache-2.0
"""Management of the fake hardware."""

import copy
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause

_INDICATORS: dict[str, dict[str, dict[str, Any]]] = {
    "chassis": {"led-0": {"readonly": True, "states": ["off", "on"]}},
    "system": {"led": {"readonly": False, "states": ["blinking", "off", "on"]}},
}


class FakeManagement(management.ManagementInterface):
    """Always boots from PXE, and has two LEDs that are always on, as Ironic's fake hardware."""

    def get_supported_boot_devices(self, task: Task) -> list[str]:
        return [management.PXE]

    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        pause("management")
        if device not in self.get_supported_boot_devices(task):
            raise exception.InvalidParameterValue(
                err=f"Invalid boot device {device} specified; this server boots from pxe only."
            )

    def get_boot_device(self, task: Task) -> dict[str, Any]:
        pause("management")
        return {"boot_device": management.PXE, "persistent": False}

    def get_sensors_data(self, task: Task) -> dict[str, Any]:
        pause("management")
        return {}

    def get_supported_indicators(self, task: Task) -> dict[str, dict[str, dict[str, Any]]]:
        pause("management")
        return copy.deepcopy(_INDICATORS)

    def get_indicator_state(self, task: Task, component: str, indicator: str) -> str:
        pause("management")
        if component not in _INDICATORS:
            raise exception.InvalidParameterValue(err=f"Invalid component {component} specified.")
        if indicator not in _INDICATORS[component]:
            raise exception.InvalidParameterValue(err=f"Invalid indicator {indicator} specified.")
        return "on"
