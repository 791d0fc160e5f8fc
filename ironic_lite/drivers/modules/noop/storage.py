# SPDX-License-Identifier: Apache-2.0
"""Servers with local disks only."""

from ironic_lite.drivers.interfaces.storage import StorageInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured


class NoopStorage(Unconfigured, StorageInterface):
    """There are no remote volumes; images go onto the local disk."""

    def attach_volumes(self, task: Task) -> None:
        return None

    def detach_volumes(self, task: Task) -> None:
        return None

    def should_write_image(self, task: Task) -> bool:
        return True
