# SPDX-License-Identifier: Apache-2.0
"""The verbs that act on whatever operation waits or is held."""

from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.operations.flows.registry import flow_of
from ironic_lite.conductor.task_manager import TaskManager


def abort(task: TaskManager) -> None:
    """Stop what waits or is held, as the operator asks."""
    engine.abort(task, flow_of(task))


def unhold(task: TaskManager) -> None:
    """Go on with a flow that a ``hold`` step has stopped."""
    engine.unhold(task, flow_of(task))
