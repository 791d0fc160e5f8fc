# SPDX-License-Identifier: Apache-2.0
"""Taking over a server that already runs its operating system."""

from ironic_lite.common import states
from ironic_lite.conductor import engine, history, image_type
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.task_manager import TaskManager


def start(task: TaskManager) -> None:
    """Make a manageable node active without touching its disk.

    :raises InvalidStateRequested: when the node cannot be adopted now.
    :raises Invalid: when its power, boot or image is not in order.
    """
    checks.actionable(task, "adopt")
    image_type.record(task.node)
    _check(task)
    engine.start(task, FLOW, "adopt")


def _check(task: TaskManager) -> None:
    driver = task.driver
    for interface in (driver.power, driver.boot, driver.deploy):
        interface.validate(task)


def _prepare(task: TaskManager) -> None:
    driver = task.driver
    _check(task)
    task.node.power_state = driver.power.get_power_state(task)
    driver.boot.prepare_instance(task)
    driver.deploy.take_over(task)


def _finish(task: TaskManager) -> None:
    task.process_event("done")


FLOW = engine.Flow(
    name="adoption",
    working=states.ADOPTING,
    event_type=history.ADOPTION,
    prepare=_prepare,
    finish=_finish,
)
