# SPDX-License-Identifier: Apache-2.0
"""Changes and records a server's boot mode and secure boot."""

from collections.abc import Callable

from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.task_manager import TaskManager


def request(task: TaskManager, mode: str) -> None:
    """See ``HardwareCalls.set_boot_mode``.

    :raises InvalidState: when the node waits for an agent, which relies on the present settings.
    """
    complaint = f"Failed to change boot mode to '{mode}'"
    _request(task, complaint, "boot_mode", task.driver.management.set_boot_mode, mode)


def request_secure(task: TaskManager, state: bool) -> None:
    """See ``HardwareCalls.set_secure_boot``; raises the errors of :func:`request`."""
    complaint = f"Failed to change secure_boot state to '{state}'"
    _request(task, complaint, "secure_boot", task.driver.management.set_secure_boot_state, state)


def _request(
    task: TaskManager, complaint: str, field: str, change: Callable[..., None], value: str | bool
) -> None:
    state = task.node.provision_state
    if provision_states.is_waiting(state):
        raise exception.InvalidState(
            f"Boot mode and secure boot of node {task.node.uuid} cannot be changed while it is '{state}'."
        )
    task.driver.management.validate(task)
    background.start(task, complaint, None, _change, field, change, value)


def _change(task: TaskManager, field: str, change: Callable[..., None], value: str | bool) -> None:
    change(task, value)
    setattr(task.node, field, value)
    task.node.last_error = None
    task.node.save()
