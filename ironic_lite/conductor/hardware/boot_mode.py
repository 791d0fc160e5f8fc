# SPDX-License-Identifier: Apache-2.0
"""Changes and records a server's boot mode and secure boot."""

from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.task_manager import TaskManager


def request(task: TaskManager, mode: str) -> None:
    """See ``HardwareCalls.set_boot_mode``.

    :raises InvalidState: when the node waits for an agent, which relies on the present settings.
    """
    _check_state(task)
    task.driver.management.validate(task)
    background.start(task, f"Failed to change boot mode to '{mode}'", None, _set_mode, mode)


def request_secure(task: TaskManager, state: bool) -> None:
    """See ``HardwareCalls.set_secure_boot``; raises the errors of :func:`request`."""
    _check_state(task)
    task.driver.management.validate(task)
    complaint = f"Failed to change secure_boot state to '{state}'"
    background.start(task, complaint, None, _set_secure, state)


def _check_state(task: TaskManager) -> None:
    state = task.node.provision_state
    if provision_states.is_waiting(state):
        raise exception.InvalidState(
            f"Boot mode and secure boot of node {task.node.uuid} cannot be changed while it is '{state}'."
        )


def _set_mode(task: TaskManager, mode: str) -> None:
    task.driver.management.set_boot_mode(task, mode)
    task.node.boot_mode = mode
    task.node.last_error = None
    task.node.save()


def _set_secure(task: TaskManager, state: bool) -> None:
    task.driver.management.set_secure_boot_state(task, state)
    task.node.secure_boot = state
    task.node.last_error = None
    task.node.save()
