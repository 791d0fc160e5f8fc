# SPDX-License-Identifier: Apache-2.0
"""Requests for the virtual interfaces (VIFs) of a node's instance. A failure is recorded in the node's history."""

import contextlib
from collections.abc import Iterator
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.contract.declaration import Context, NodeId
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)


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


def port_reported(context: Context, node_id: NodeId, port_id: str) -> None:
    """Tell the node's network interface that the network service has reported something about a port."""
    try:
        node = Node.get(context, node_id)
        current().drivers.driver_for(node).network.port_reported(port_id)
    except exception.IronicLiteError as exc:
        LOG.debug("The event of port %s is dropped: %s", port_id, exc)


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
