# SPDX-License-Identifier: Apache-2.0
"""What interfaces share that read nothing from a node."""

from ironic_lite.drivers.interfaces.task import Task


class Unconfigured:
    """Nothing to configure, nothing to check. Mixed in before the interface class."""

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        return None
