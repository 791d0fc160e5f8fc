# SPDX-License-Identifier: Apache-2.0
"""Boot devices, NMI, sensors and vendor of a server, over IPMI."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import boot_device, commands, driver_info, sensors
from ironic_lite.drivers.modules.ipmi.interface import IPMIInterface

# IANA private enterprise numbers of server vendors, and Ironic's names for them.
_VENDORS = {
    2: "ibm",
    11: "hp",
    42: "sun",
    343: "intel",
    674: "dell",
    2011: "huawei",
    5771: "cisco",
    7244: "quanta",
    10368: "fujitsu",
    10876: "supermicro",
    19046: "lenovo",
    20301: "ibm",
    37945: "inspur",
    47196: "hpe",
    47488: "supermicro",
}


class IPMIManagement(IPMIInterface, management.ManagementInterface):
    """Management by the BMC."""

    def validate(self, task: Task) -> None:
        driver_info.parse(task.node.driver_info)
        boot_mode.of(task.node)

    def get_supported_boot_devices(self, task: Task) -> list[str]:
        return list(boot_device.SELECTORS)

    def set_boot_device(self, task: Task, device: str, persistent: bool = False) -> None:
        """See the base class; :mod:`boot_device` does the work.

        :raises InvalidParameterValue: when the device is not supported.
        :raises IPMIFailure: when the BMC cannot be reached or refuses.
        """
        if device not in boot_device.SELECTORS:
            raise exception.InvalidParameterValue(
                err=f"Boot device '{device}' is not supported; use one of {', '.join(boot_device.SELECTORS)}."
            )
        boot_device.set_device(task, device, persistent)

    def get_boot_device(self, task: Task) -> dict[str, Any]:
        """See the base class; both values are None when there is no override, or its selector is unknown."""
        return boot_device.get_device(task)

    def detect_vendor(self, task: Task) -> str:
        """Return the vendor, by Get Device ID (IPMI 2.0 section 20.1).

        :returns: a short name, or ``iana-<enterprise number>`` for a vendor without one.
        """
        number = commands.get_device_id(driver_info.parse(task.node.driver_info)).manufacturer
        return _VENDORS.get(number, f"{management.UNKNOWN_VENDOR}{number}")

    def inject_nmi(self, task: Task) -> None:
        """Chassis Control, diagnostic interrupt (IPMI 2.0 section 28.3)."""
        commands.chassis_control(
            driver_info.parse(task.node.driver_info),
            commands.ChassisControl.DIAGNOSTIC_INTERRUPT,
            task.ensure_locked,
        )

    def get_sensors_data(self, task: Task) -> dict[str, Any]:
        """Return every sensor with a reading: ``{type: {"NAME (0xNN)": {"Sensor ID", "Sensor Reading", ...}}}``."""
        return sensors.read_all(driver_info.parse(task.node.driver_info))
