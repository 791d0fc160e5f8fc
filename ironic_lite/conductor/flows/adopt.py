# SPDX-License-Identifier: Apache-2.0
"""Taking over a server that already runs its operating system."""

from ironic_lite.common import states
from ironic_lite.conductor import engine, history
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.task_manager import TaskManager


def start(task: TaskManager) -> None:
    """Make a manageable node active without touching its disk.

    :raises InvalidStateRequested: when the node cannot be adopted now.
    """
    checks.actionable(task, "adopt")
    engine.start(task, FLOW, "adopt")


def _prepare(task: TaskManager) -> None:
    driver = task.driver
    for interface in (driver.power, driver.boot, driver.deploy):
        interface.validate(task)
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
