# SPDX-License-Identifier: Apache-2.0
"""Opens and closes the console of a node."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.consoles.engine import Consoles, Wanted
from ironic_lite.conductor.notifications import node_notifications
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager


def request(task: TaskManager, enabled: bool) -> None:
    """See ``HardwareCalls.set_console_mode``. Does nothing when the console has the wanted state already."""
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
            if console.has_stream:
                engine().have(_wanted(task))
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
    if console.has_stream and enabled:
        # A check that read the node before the save may have let it go.
        engine().have(_wanted(task))
    elif console.has_stream:
        engine().drop(node.uuid, "the console was switched off")


def close(task: TaskManager) -> None:
    """Close an open console, so that its user does not see the node's next tenant. The caller saves the node."""
    if task.node.console_enabled:
        task.driver.console.stop_console(task)
        task.node.console_enabled = False
        if task.driver.console.has_stream and current().consoles is not None:
            current().consoles.drop(task.node.uuid, "the console was closed")


def information(task: TaskManager) -> dict[str, Any]:
    """See ``HardwareCalls.get_console_information``."""
    task.driver.console.validate(task)
    if not task.node.console_enabled:
        raise exception.NodeConsoleNotEnabled(node=task.node.uuid)
    if task.driver.console.has_stream:
        return engine().have(_wanted(task))
    return task.driver.console.get_console(task)


def engine() -> Consoles:
    """Return the consoles of this conductor.

    :raises ConsoleError: when it has none.
    """
    consoles = current().consoles
    if not isinstance(consoles, Consoles):
        raise exception.ConsoleError(
            reason="this conductor keeps no consoles, because [console] check_interval is 0, or its threads are green"
        )
    return consoles


def _wanted(task: TaskManager) -> Wanted:
    node = task.node
    return Wanted(node.uuid, node.operation, (node.driver, node.console_interface))
