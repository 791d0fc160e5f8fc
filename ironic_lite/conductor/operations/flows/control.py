# SPDX-License-Identifier: Apache-2.0
"""The verbs that act on an operation that waits or is held."""

from ironic_lite.conductor.operations import engine, failure
from ironic_lite.conductor.operations.flows.registry import flow_of
from ironic_lite.conductor.task_manager import TaskManager


def abort(task: TaskManager) -> None:
    """Abort the waiting or held operation."""
    failure.abort(task, flow_of(task))


def unhold(task: TaskManager) -> None:
    """Continue the operation after its ``hold`` step."""
    engine.unhold(task, flow_of(task))
