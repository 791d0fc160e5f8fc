# SPDX-License-Identifier: Apache-2.0
"""Remote volumes of a server."""

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.volume import VolumeTarget


class StorageInterface(BaseInterface):
    """Attaches and detaches a node's remote volumes. By default the methods do nothing.

    The methods that change something run under the exclusive lock, and again after a crash. Before a deployment and
    each time the server of an active node is powered on or rebooted, the volumes are attached. They are detached when
    the node is undeployed, and after the server of an active node was powered off.
    """

    interface_type = "storage"

    def attach_volumes(self, task: Task) -> None:
        """Attach all volumes of the node. Those that are attached already stay so.

        :raises StorageError: when a volume cannot be attached.
        """

    def detach_volumes(self, task: Task) -> None:
        """Detach all volumes of the node. None need be attached.

        :raises StorageError: when a volume cannot be detached.
        """

    def release(self, task: Task) -> None:
        """Remove what is on record for the instance alone. It is being undeployed, and its volumes are detached."""

    def boot_volume(self, task: Task) -> VolumeTarget | None:
        """Return the remote volume that the instance boots from; None: it boots from a local disk. Any lock."""
        return None

    def should_write_image(self, task: Task) -> bool:
        """Return whether deployment has to write an image onto a local disk."""
        return True
