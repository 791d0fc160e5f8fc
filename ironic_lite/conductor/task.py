# SPDX-License-Identifier: Apache-2.0
"""The part of a task that the conductor's modules below ``conductor.task_manager`` use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ironic_lite.drivers.interfaces.task import Task


class ConductorTask(Task, Protocol):
    """A task that can also work later, and on other nodes. Drivers may do neither."""

    def spawn_after(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run the function on the worker pool after the task's block, under the same lock.

        :raises NoFreeConductorWorker: when the pool is full.
        """

    def for_node(
        self, node_ident: int | str, purpose: str, shared: bool = False
    ) -> AbstractContextManager[Task]:
        """Return a task for another node, on behalf of the same client."""
