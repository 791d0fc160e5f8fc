# SPDX-License-Identifier: Apache-2.0
"""What the interfaces over IPMI have in common: the fields of ``driver_info``, and the time for a command."""

from ironic_lite.conf import CONF
from ironic_lite.drivers import refused_fields
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import driver_info


class IPMIInterface(BaseInterface):
    """Base of the interfaces over IPMI."""

    properties_prefix = driver_info.PREFIX

    def get_properties(self) -> dict[str, str]:
        return dict(driver_info.COMMON_PROPERTIES)

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(driver_info.REFUSED)

    def command_timeout(self) -> float:
        return float(CONF.ipmi.command_retry_timeout)

    def validate(self, task: Task) -> None:
        driver_info.parse(task.node.driver_info)
