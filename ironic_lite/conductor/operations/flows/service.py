# SPDX-License-Identifier: Apache-2.0
"""Servicing: running steps on a server with an instance."""

from ironic_lite.common.operations import SERVICING
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.operations.flows import by_request
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces.network import Purpose

_MANUAL = by_request.ByRequest(SERVICING, fault="service failure")


def start(
    task: TaskManager, service_steps: list[Step], disable_ramdisk: bool | None = False
) -> None:
    """Run the given steps on an active node and boot its instance again.

    :raises: the errors of :meth:`by_request.ByRequest.start`.
    """
    if not disable_ramdisk:
        task.driver.network.validate_network(task, Purpose.SERVICING)
    _MANUAL.start(task, FLOW, "service", service_steps, disable_ramdisk)


def _prepare(task: TaskManager) -> str | None:
    if _MANUAL.without_ramdisk(task):
        return None
    return task.driver.deploy.prepare_service(task)


def _collect(task: TaskManager) -> list[Step]:
    return _MANUAL.steps(task, FLOW)


def _tear_down(task: TaskManager) -> None:
    if not _MANUAL.without_ramdisk(task):
        task.driver.deploy.tear_down_service(task)
    _MANUAL.forget(task)


FLOW = engine.Flow(
    SERVICING,
    prepare=_prepare,
    collect=_collect,
    wind_up=_tear_down,
    clean_up=_tear_down,
    before_fail=_MANUAL.put_aside,
    title=lambda _task: "servicing",
)
