# SPDX-License-Identifier: Apache-2.0
"""Requests for the virtual interfaces (VIFs) of a node's instance. A failure is recorded in the node's history."""

import contextlib
from collections.abc import Iterator
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager


def attach(task: TaskManager, vif: dict[str, Any]) -> None:
    """Attach a VIF; raises as the network interface does."""
    task.driver.network.validate(task)
    with _recorded(task, f"attach VIF {vif['id']} to"):
        task.driver.network.vif_attach(task, vif)


def detach(task: TaskManager, vif_id: str) -> None:
    """Detach a VIF; raises as the network interface does."""
    task.driver.network.validate(task)
    with _recorded(task, f"detach VIF {vif_id} from"):
        task.driver.network.vif_detach(task, vif_id)


@contextlib.contextmanager
def _recorded(task: TaskManager, what: str) -> Iterator[None]:
    try:
        yield
    except exception.WorkCutOff:
        raise
    except exception.IronicLiteError as exc:
        message = f"Failed to {what} node {task.node.uuid}. Error: {exc.message}"
        node_history.record(task, task.node.provision_state, message, error=True)
        raise
