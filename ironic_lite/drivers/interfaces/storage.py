# SPDX-License-Identifier: Apache-2.0
"""Volumes that live outside the server."""

import abc

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class StorageInterface(BaseInterface):
    """Attaches and detaches a node's remote volumes."""

    interface_type = "storage"

    @abc.abstractmethod
    def attach_volumes(self, task: Task) -> None:
        """Attach all volumes of the node."""

    @abc.abstractmethod
    def detach_volumes(self, task: Task) -> None:
        """Detach them."""

    @abc.abstractmethod
    def should_write_image(self, task: Task) -> bool:
        """Whether deployment has to write an image onto a local disk."""
