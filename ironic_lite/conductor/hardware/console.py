# SPDX-License-Identifier: Apache-2.0
"""Opens and closes the console of a node."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.notifications import node_notifications
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager


def request(task: TaskManager, enabled: bool) -> None:
    """Start to open or close the console; do nothing when it has the wanted state already.

    :param task: with an exclusive lock.
    :raises UnsupportedDriverExtension, InvalidParameterValue: when the node has no console, or its console interface is
        not configured.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    task.driver.console.validate(task)
    if task.node.console_enabled == enabled:
        return
    verb = "start" if enabled else "stop"
    background.start(task, f"Failed to {verb} the console", node_history.CONSOLE, _change, enabled)


def _change(task: TaskManager, enabled: bool) -> None:
    console, node = task.driver.console, task.node
    node_notifications.console(node, node_notifications.START)
    node.save()
    try:
        if enabled:
            console.start_console(task)
        else:
            console.stop_console(task)
    except BaseException:
        # The save that records the failure stores the notification too.
        node_notifications.console(node, node_notifications.ERROR)
        raise
    node.console_enabled = enabled
    node.last_error = None
    node_notifications.console(node, node_notifications.END)
    node.save()


def close(task: TaskManager) -> None:
    """Close an open console, so that its user does not see the node's next tenant. The caller saves the node."""
    if task.node.console_enabled:
        task.driver.console.stop_console(task)
        task.node.console_enabled = False


def information(task: TaskManager) -> dict[str, Any]:
    """Return ``{"type": ..., "url": ...}`` of an open console.

    :raises NodeConsoleNotEnabled: when it is closed.
    :raises UnsupportedDriverExtension, InvalidParameterValue: as :func:`request`.
    """
    task.driver.console.validate(task)
    if not task.node.console_enabled:
        raise exception.NodeConsoleNotEnabled(node=task.node.uuid)
    return task.driver.console.get_console(task)
