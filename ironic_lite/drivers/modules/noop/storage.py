# SPDX-License-Identifier: Apache-2.0
"""Storage interface for servers with local disks only."""

from ironic_lite.drivers.interfaces.storage import StorageInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured


class NoopStorage(Unconfigured, StorageInterface):
    """Attaches no volumes; images are written to the local disk."""

    def attach_volumes(self, task: Task) -> None:
        return None

    def detach_volumes(self, task: Task) -> None:
        return None

    def should_write_image(self, task: Task) -> bool:
        return True
