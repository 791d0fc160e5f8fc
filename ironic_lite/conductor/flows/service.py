# SPDX-License-Identifier: Apache-2.0
"""Running steps on a server that carries an instance."""

from ironic_lite.common import states
from ironic_lite.conductor import engine, steps
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces import steps as step_specs

FAULT = "service failure"
_NO_RAMDISK = "servicing_disable_ramdisk"


def start(
    task: TaskManager, service_steps: list[Step], disable_ramdisk: bool | None = False
) -> None:
    """Run the given steps on an active node and boot its instance again.

    :param disable_ramdisk: run without booting the ramdisk; all steps have to allow that.
    :raises InvalidStateRequested, NodeInMaintenance: when the node cannot be serviced now.
    :raises InvalidParameterValue: when power or network are not set up.
    """
    checks.in_service(task, "servicing")
    checks.actionable(task, "service")
    checks.power(task)
    task.driver.network.validate(task)
    task.node.set_driver_internal_info(_NO_RAMDISK, bool(disable_ramdisk))
    engine.start(task, FLOW, "service", requested=service_steps)


def _without_ramdisk(task: TaskManager) -> bool:
    return bool(task.node.driver_internal_info.get(_NO_RAMDISK))


def _prepare(task: TaskManager) -> str | None:
    if _without_ramdisk(task):
        return None
    return task.driver.deploy.prepare_service(task)


def _collect(task: TaskManager) -> list[Step]:
    requested = task.node.driver_internal_info.get(FLOW.requested_key) or []
    return steps.check_requested(
        task, step_specs.SERVICE, requested, disable_ramdisk=_without_ramdisk(task)
    )


def _finish(task: TaskManager) -> None:
    task.process_event("done")


def _tear_down(task: TaskManager) -> None:
    if not _without_ramdisk(task):
        task.driver.deploy.tear_down_service(task)
    if _NO_RAMDISK in task.node.driver_internal_info:
        task.node.del_driver_internal_info(_NO_RAMDISK)


def _before_fail(task: TaskManager, step: Step, message: str) -> None:
    if step:
        task.node.maintenance = True
        task.node.fault = FAULT
        if not task.node.maintenance_reason:
            task.node.maintenance_reason = message


FLOW = engine.Flow(
    name="servicing",
    kind=step_specs.SERVICE,
    working=states.SERVICING,
    waiting=states.SERVICEWAIT,
    prepare=_prepare,
    collect=_collect,
    wind_up=_tear_down,
    finish=_finish,
    clean_up=_tear_down,
    before_fail=_before_fail,
)
