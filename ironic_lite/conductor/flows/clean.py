# SPDX-License-Identifier: Apache-2.0
"""Cleaning: between tenants by itself, and whenever an operator asks for certain steps."""

from ironic_lite.common import exception, states
from ironic_lite.conductor import cleaning_runbook, engine, history, steps
from ironic_lite.conductor.flows import by_request, checks
from ironic_lite.conductor.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

_MANUAL = by_request.ByRequest(step_specs.CLEAN, "cleaning", fault="clean failure")


def start_automated(task: TaskManager) -> None:
    """Clean a manageable node and make it available.

    :raises InvalidStateRequested: when it is in another state.
    :raises Invalid: when the node is retired, or there is no runbook for its cleaning where one has to be.
    """
    checks.actionable(task, "provide")
    if task.node.retired:
        raise exception.Invalid(
            f"The provide operation can't be performed on node {task.node.uuid} because it is "
            "retired; unset retired first."
        )
    if not is_skipped(task):
        cleaning_runbook.chosen(task)
    engine.start(task, FLOW, "provide")


def start_manual(
    task: TaskManager, clean_steps: list[Step], disable_ramdisk: bool | None = False
) -> None:
    """Run the given cleaning steps on a manageable node.

    Steps of the agent are known only when the ramdisk is up; one that does not fit ends in ``clean failed``.

    :raises: what :meth:`by_request.ByRequest.start` raises.
    """
    _MANUAL.start(task, FLOW, "clean", clean_steps, disable_ramdisk, states.MANAGEABLE)


def follow_tear_down(task: TaskManager) -> None:
    """Clean a node that a tenant has given back. Runs in the worker of the tearing down."""
    engine.follow(task, FLOW, "clean")


def _manual(task: TaskManager) -> bool:
    return task.node.target_provision_state == states.MANAGEABLE


def is_skipped(task: TaskManager) -> bool:
    """Whether automated cleaning, which this would be, is off for the node."""
    wanted = task.node.automated_clean
    if wanted is None:
        wanted = CONF.conductor.automated_clean
    return not (_manual(task) or wanted)


def _prepare(task: TaskManager) -> str | None:
    if is_skipped(task):
        return None
    if not _manual(task):
        runbook = cleaning_runbook.chosen(task)
        _MANUAL.leave_ramdisk(task, runbook is not None and runbook.disable_ramdisk)
    if _MANUAL.without_ramdisk(task):
        return None
    checks.power(task)
    return task.driver.deploy.prepare_cleaning(task)


def _collect(task: TaskManager) -> list[Step]:
    if is_skipped(task):
        return []
    if not _manual(task):
        return _unasked(task)
    return _MANUAL.steps(task, FLOW)


def _unasked(task: TaskManager) -> list[Step]:
    runbook = cleaning_runbook.chosen(task)
    if runbook is None:
        return steps.automatic(task, step_specs.CLEAN)
    return steps.check_requested(
        task,
        step_specs.CLEAN,
        cleaning_runbook.steps(runbook),
        disable_ramdisk=_MANUAL.without_ramdisk(task),
    )


def _wind_up(task: TaskManager) -> None:
    if not is_skipped(task):
        _tear_down(task)


def _finish(task: TaskManager) -> None:
    # A server that was retired with its tenant on it is not offered to the next one.
    task.process_event("manage" if _manual(task) or task.node.retired else "done")


def _tear_down(task: TaskManager) -> None:
    if not _MANUAL.without_ramdisk(task):
        task.driver.deploy.tear_down_cleaning(task)
    _MANUAL.forget(task)


FLOW = engine.Flow(
    name="cleaning",
    kind=step_specs.CLEAN,
    working=states.CLEANING,
    event_type=history.CLEANING,
    waiting=states.CLEANWAIT,
    prepare=_prepare,
    collect=_collect,
    wind_up=_wind_up,
    finish=_finish,
    clean_up=_tear_down,
    before_fail=_MANUAL.put_aside,
    title=lambda task: "manual cleaning" if _manual(task) else "automated cleaning",
)
