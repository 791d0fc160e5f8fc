# SPDX-License-Identifier: Apache-2.0
"""Serial and graphical consoles."""

import abc
from typing import Any

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class ConsoleInterface(BaseInterface):
    """Opens and closes a server's console.

    Both run under the exclusive lock, in the background. They are not repeated after a crash: the node's ``last_error``
    then says that they may have taken effect or not.
    """

    interface_type = "console"

    @abc.abstractmethod
    def start_console(self, task: Task) -> None:
        """Make the console reachable."""

    @abc.abstractmethod
    def stop_console(self, task: Task) -> None:
        """Close the console, if it is open."""

    @abc.abstractmethod
    def get_console(self, task: Task) -> dict[str, Any]:
        """Return ``{"type": ..., "url": ...}``. Any lock."""
