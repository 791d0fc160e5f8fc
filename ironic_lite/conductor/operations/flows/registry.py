# SPDX-License-Identifier: Apache-2.0
"""The flow of each declared operation."""

import pkgutil

from ironic_lite.common import exception, operations
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.task_manager import TaskManager


def _flow(operation: operations.Operation) -> Flow:
    found = pkgutil.resolve_name(operation.flow)
    if not isinstance(found, Flow) or found.operation is not operation:
        raise TypeError(f"The {operation.name} declares {operation.flow}, which is not its flow.")
    return found


ALL: tuple[Flow, ...] = tuple(_flow(operation) for operation in operations.ALL)

BY_NAME = {flow.name: flow for flow in ALL}


def flow_of(task: TaskManager) -> Flow:
    """Return the flow of a node in a working, waiting or held state.

    :raises InvalidState: when the node is in no such state.
    """
    state = task.node.provision_state
    operation = provision_states.operation_of(state)
    if operation is None or provision_states.is_failed(state):
        raise exception.InvalidState(f"Node {task.node.uuid} is '{state}'; nothing runs on it.")
    return BY_NAME[operation.name]
