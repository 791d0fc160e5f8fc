# SPDX-License-Identifier: Apache-2.0
"""Cleaning: automated between tenants, and manual when an operator names the steps."""

from typing import Any

from ironic_lite.common import journal as terms
from ironic_lite.common import states
from ironic_lite.common.operations import CLEANING
from ironic_lite.conductor.operations import cleaning_runbook, engine, journal, steps
from ironic_lite.conductor.operations.flows import by_request, checks
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

_MANUAL = by_request.ByRequest(CLEANING, fault="clean failure")

_OFF = "automated cleaning is off for this node"

_SKIPPED = "automated_cleaning_skipped"
"""Key in ``driver_internal_info``: whether the current automated cleaning runs no steps."""


def start_automated(task: TaskManager) -> None:
    """Clean a manageable node and make it available.

    :raises Invalid: when a required cleaning runbook is missing, or the settings for power or ramdisk are wrong.
    """
    _save_whether_skipped(task)
    if not _is_skipped(task):
        runbook = cleaning_runbook.chosen(task)
        if runbook is None or not runbook.disable_ramdisk:
            task.driver.power.validate(task)
            checks.ramdisk(task)
    engine.start(task, FLOW, "provide")


def start_manual(
    task: TaskManager, clean_steps: list[Step], disable_ramdisk: bool | None = False
) -> None:
    """Run the given cleaning steps on a manageable node.

    A step of the agent is checked once the ramdisk is up; if it does not fit, the node ends in ``clean failed``.

    :raises: the errors of :meth:`by_request.ByRequest.start`.
    """
    _MANUAL.start(task, FLOW, "clean", clean_steps, disable_ramdisk)


def follow_tear_down(task: TaskManager) -> None:
    """Clean a node after its tear-down, on the same worker."""
    _save_whether_skipped(task)
    engine.follow(task, FLOW, "clean")


def _manual(task: TaskManager) -> bool:
    return bool(task.node.target_provision_state == states.MANAGEABLE)


def destination(node: Any, by_request: bool = False) -> str:
    """Return the state that a successful cleaning ends in.

    A retired node becomes ``manageable``, not ``available``, so that no other tenant gets it.
    """
    return states.MANAGEABLE if by_request or node.retired else states.AVAILABLE


def _save_whether_skipped(task: TaskManager) -> None:
    """Save on the node whether this automated cleaning is skipped.

    The saved decision holds until the cleaning ends, even if the setting changes or another conductor takes over.
    """
    wanted = task.node.automated_clean
    wanted = CONF.conductor.automated_clean if wanted is None else wanted
    task.node.set_driver_internal_info(_SKIPPED, not wanted)


def _is_skipped(task: TaskManager) -> bool:
    """Return whether automated cleaning was off for the node when this cleaning started."""
    if _manual(task):
        return False
    return bool(task.node.driver_internal_info.get(_SKIPPED))


def _prepare(task: TaskManager) -> str | None:
    if _is_skipped(task):
        _record_skipped(task)
        return None
    if not _manual(task):
        runbook = cleaning_runbook.chosen(task)
        _MANUAL.leave_ramdisk(task, runbook is not None and runbook.disable_ramdisk)
    if _MANUAL.without_ramdisk(task):
        return None
    task.driver.power.validate(task)
    return task.driver.deploy.prepare_cleaning(task)


def _reason_for_no_steps(task: TaskManager) -> str | None:
    _save_whether_skipped(task)
    return _OFF if _is_skipped(task) else None


def _record_skipped(task: TaskManager) -> None:
    journal.note(task, terms.PHASE, terms.STEPS, terms.SKIPPED, _OFF)
    node_history.record_with_node(
        task, "automated_cleaning_skipped", f"Nothing was cleaned: {_OFF}"
    )


def _collect(task: TaskManager) -> list[Step]:
    if _is_skipped(task):
        return []
    if not _manual(task):
        return _automatic_steps(task)
    return _MANUAL.steps(task, FLOW)


def _automatic_steps(task: TaskManager) -> list[Step]:
    runbook = cleaning_runbook.chosen(task)
    if runbook is None:
        return steps.automatic(task, step_specs.CLEAN)
    return steps.check_requested(
        task,
        step_specs.CLEAN,
        cleaning_runbook.steps(runbook),
        disable_ramdisk=_MANUAL.without_ramdisk(task),
    )


def _tear_down(task: TaskManager) -> None:
    if not (_is_skipped(task) or _MANUAL.without_ramdisk(task)):
        task.driver.deploy.tear_down_cleaning(task)


def _finish(task: TaskManager) -> None:
    _forget(task)
    goal = destination(task.node, _manual(task))
    task.process_event("manage" if goal == states.MANAGEABLE else "done")


def _clean_up(task: TaskManager) -> None:
    try:
        _tear_down(task)
    finally:
        _forget(task)


def _forget(task: TaskManager) -> None:
    _MANUAL.forget(task)
    task.node.del_driver_internal_info(_SKIPPED)


FLOW = engine.Flow(
    CLEANING,
    prepare=_prepare,
    collect=_collect,
    wind_up=_tear_down,
    finish=_finish,
    clean_up=_clean_up,
    before_fail=_MANUAL.put_aside,
    title=lambda task: "manual cleaning" if _manual(task) else "automated cleaning",
    idle=_reason_for_no_steps,
)
