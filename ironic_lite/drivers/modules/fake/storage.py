# SPDX-License-Identifier: Apache-2.0
"""Storage of the fake hardware."""

from ironic_lite.drivers.interfaces.storage import StorageInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeStorage(StorageInterface):
    """Attaches no volumes; images are written to the local disk."""

    def attach_volumes(self, task: Task) -> None:
        pause("storage")

    def detach_volumes(self, task: Task) -> None:
        pause("storage")

    def should_write_image(self, task: Task) -> bool:
        return True
