# SPDX-License-Identifier: Apache-2.0
"""RAID configuration."""

from typing import Any

from ironic_lite.drivers import raid_config
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class RAIDInterface(BaseInterface):
    """Creates and deletes logical disks, by the steps that it declares. Its methods ask no hardware; any lock."""

    interface_type = "raid"

    def validate_raid_config(self, task: Task, wanted: dict[str, Any]) -> None:
        """Check a target RAID configuration before it is stored.

        :raises InvalidParameterValue: naming what is wrong.
        """
        raid_config.validate(wanted)

    def get_logical_disk_properties(self) -> dict[str, str]:
        return raid_config.properties()
