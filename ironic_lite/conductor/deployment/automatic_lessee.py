# SPDX-License-Identifier: Apache-2.0
"""The automatic lessee of a node: the project of its instance."""

from typing import Any

from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF

AUTOMATIC = "automatic_lessee"
"""Key in ``driver_internal_info``: the lessee was set with the instance, and is removed with it."""

_MAX_LENGTH = 255


def assign(task: TaskManager) -> None:
    """At the start of a deployment, set its project as lessee if the node has none. The caller saves the node."""
    node = task.node
    project = _project(task)
    if node.lessee is None and project:
        node.lessee = project[:_MAX_LENGTH]
        node.set_driver_internal_info(AUTOMATIC, True)


def release(node: Any) -> None:
    """Remove the automatic lessee when the instance is gone. The caller saves the node."""
    if node.driver_internal_info.get(AUTOMATIC):
        node.lessee = None
        node.del_driver_internal_info(AUTOMATIC)


def _project(task: TaskManager) -> str | None:
    source = CONF.conductor.automatic_lessee_source
    if source == "instance":
        project = task.node.instance_info.get("project_id")
        return str(project) if project else None
    if source == "request":
        of_client: str | None = task.context.project_id
        return of_client
    return None
