# SPDX-License-Identifier: Apache-2.0
"""Whose a node is for as long as it carries their instance."""

from typing import Any

from ironic_lite.conf import CONF

AUTOMATIC = "automatic_lessee"
"""Key in ``driver_internal_info``: the lessee came with the instance, and goes with it."""

_MAX_LENGTH = 255


def assign(task: Any) -> None:
    """A deployment begins: make its project the node's lessee, if the node has none. Saved with the node."""
    node = task.node
    project = _project(task)
    if node.lessee is None and project:
        node.lessee = project[:_MAX_LENGTH]
        node.set_driver_internal_info(AUTOMATIC, True)


def release(node: Any) -> None:
    """The instance is gone, and with it the lessee that came with it. Saved with the node."""
    if node.driver_internal_info.get(AUTOMATIC):
        node.lessee = None
        node.del_driver_internal_info(AUTOMATIC)


def _project(task: Any) -> str | None:
    source = CONF.conductor.automatic_lessee_source
    if source == "instance":
        project = task.node.instance_info.get("project_id")
        return str(project) if project else None
    if source == "request":
        return task.context.project_id
    return None
