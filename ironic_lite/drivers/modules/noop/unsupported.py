# SPDX-License-Identifier: Apache-2.0
"""The ``no-*`` interfaces: they refuse every request, because the node does not support it."""

from typing import Any, NoReturn

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.bios import BIOSInterface
from ironic_lite.drivers.interfaces.console import ConsoleInterface
from ironic_lite.drivers.interfaces.firmware import FirmwareInterface
from ironic_lite.drivers.interfaces.inspect import InspectInterface
from ironic_lite.drivers.interfaces.raid import RAIDInterface
from ironic_lite.drivers.interfaces.rescue import RescueInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.interfaces.vendor import VendorInterface


class Unsupported:
    """Mix-in that refuses every request; put it before the interface class."""

    supported = False
    interface_type: str

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        self._refuse(task)

    def _refuse(self, task: Task) -> NoReturn:
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension=self.interface_type
        )


class NoBIOS(Unsupported, BIOSInterface):
    def cache_bios_settings(self, task: Task) -> None:
        self._refuse(task)


class NoConsole(Unsupported, ConsoleInterface):
    def start_console(self, task: Task) -> None:
        self._refuse(task)

    def stop_console(self, task: Task) -> None:
        self._refuse(task)

    def get_console(self, task: Task) -> dict[str, Any]:
        self._refuse(task)


class NoFirmware(Unsupported, FirmwareInterface):
    def cache_firmware_components(self, task: Task) -> None:
        self._refuse(task)


class NoInspect(Unsupported, InspectInterface):
    def inspect_hardware(self, task: Task) -> str:
        self._refuse(task)


class NoRAID(Unsupported, RAIDInterface):
    def validate_raid_config(self, task: Task, wanted: dict[str, Any]) -> None:
        self._refuse(task)


class NoRescue(Unsupported, RescueInterface):
    def rescue(self, task: Task) -> str:
        self._refuse(task)

    def unrescue(self, task: Task) -> str:
        self._refuse(task)


class NoVendor(Unsupported, VendorInterface):
    pass
