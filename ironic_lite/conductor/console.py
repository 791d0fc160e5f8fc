# SPDX-License-Identifier: Apache-2.0
"""Opening and closing the console of a node."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor import announcements, background, history
from ironic_lite.conductor.task_manager import TaskManager


def request(task: TaskManager, enabled: bool) -> None:
    """Begin to open or close the console; nothing is done where it is as wanted.

    :param task: holds the node exclusively.
    :raises UnsupportedDriverExtension, InvalidParameterValue: when the node has no console, or is not set up for it.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    task.driver.console.validate(task)
    if task.node.console_enabled == enabled:
        return
    verb = "start" if enabled else "stop"
    background.start(task, f"Failed to {verb} the console", history.CONSOLE, _change, enabled)


def _change(task: TaskManager, enabled: bool) -> None:
    console, node = task.driver.console, task.node
    announcements.console(node, announcements.START)
    node.save()
    try:
        if enabled:
            console.start_console(task)
        else:
            console.stop_console(task)
    except BaseException:
        # Goes along with the record of the failure.
        announcements.console(node, announcements.ERROR)
        raise
    node.console_enabled = enabled
    node.last_error = None
    announcements.console(node, announcements.END)
    node.save()


def close(task: TaskManager) -> None:
    """Close the console if it is open: whoever has the node next must not be watched. The caller saves the node."""
    if task.node.console_enabled:
        task.driver.console.stop_console(task)
        task.node.console_enabled = False


def information(task: TaskManager) -> dict[str, Any]:
    """``{"type": ..., "url": ...}`` of an open console.

    :raises NodeConsoleNotEnabled: when it is closed.
    :raises UnsupportedDriverExtension, InvalidParameterValue: as for :func:`request`.
    """
    task.driver.console.validate(task)
    if not task.node.console_enabled:
        raise exception.NodeConsoleNotEnabled(node=task.node.uuid)
    return task.driver.console.get_console(task)
