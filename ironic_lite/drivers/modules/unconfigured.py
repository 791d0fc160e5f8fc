# SPDX-License-Identifier: Apache-2.0
"""A mix-in for interfaces that read no settings from a node."""

from ironic_lite.drivers.interfaces.task import Task


class Unconfigured:
    """Has no properties and validates nothing; put it before the interface class."""

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        return None
