# SPDX-License-Identifier: Apache-2.0
"""Console of the fake hardware."""

from typing import Any

from ironic_lite.drivers.interfaces.console import ConsoleInterface
from ironic_lite.drivers.interfaces.task import Task


class FakeConsole(ConsoleInterface):
    """Opens nothing."""

    def start_console(self, task: Task) -> None:
        return None

    def stop_console(self, task: Task) -> None:
        return None

    def get_console(self, task: Task) -> dict[str, Any]:
        return {}
