# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of."""

from oslo_utils import timeutils

from ironic_lite.common import states
from ironic_lite.conductor import engine
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.task_manager import TaskManager


def start(task: TaskManager) -> None:
    """Inspect a node.

    :raises InvalidStateRequested, NodeInMaintenance: when it cannot be inspected now.
    :raises UnsupportedDriverExtension: when it has no way to be inspected.
    :raises InvalidParameterValue: when its power or inspection is not set up.
    """
    checks.in_service(task, "inspecting")
    checks.actionable(task, "inspect")
    checks.power(task)
    task.driver.inspect.validate(task)
    task.node.inspection_started_at = timeutils.utcnow()
    task.node.inspection_finished_at = None
    engine.start(task, FLOW, "inspect")


def _prepare(task: TaskManager) -> str | None:
    outcome = task.driver.inspect.inspect_hardware(task)
    return outcome if outcome == states.INSPECTWAIT else None


def _finish(task: TaskManager) -> None:
    task.node.inspection_finished_at = timeutils.utcnow()
    task.process_event("done")


def _clean_up(task: TaskManager) -> None:
    task.driver.inspect.abort(task)


FLOW = engine.Flow(
    name="inspection",
    working=states.INSPECTING,
    waiting=states.INSPECTWAIT,
    prepare=_prepare,
    finish=_finish,
    clean_up=_clean_up,
)
