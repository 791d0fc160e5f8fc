# SPDX-License-Identifier: Apache-2.0
"""Remote volumes of a server."""

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class StorageInterface(BaseInterface):
    """Attaches and detaches a node's remote volumes. By default both methods do nothing.

    Both run under the exclusive lock, and again after a crash.
    """

    interface_type = "storage"

    def attach_volumes(self, task: Task) -> None:
        """Attach all volumes of the node."""

    def detach_volumes(self, task: Task) -> None:
        """Detach all volumes of the node."""

    def should_write_image(self, task: Task) -> bool:
        """Return whether deployment has to write an image onto a local disk."""
        return True
