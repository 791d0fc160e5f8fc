# SPDX-License-Identifier: Apache-2.0
"""Verification, from ``enroll`` to ``manageable``: checks that the server can be controlled."""

from ironic_lite.common import exception, states
from ironic_lite.common.operations import VERIFICATION
from ironic_lite.conductor.discovery import acceptance
from ironic_lite.conductor.hardware import server_facts
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.task_manager import TaskManager


def start(task: TaskManager) -> None:
    """Verify a node; on failure it stays ``enroll`` with the reason in ``last_error``."""
    engine.start(task, FLOW, "manage")


def _prepare(task: TaskManager) -> None:
    task.driver.power.validate(task)
    power_state = task.driver.power.get_power_state(task)
    if power_state == states.ERROR:
        raise exception.PowerStateFailure(
            "The BMC answers, but does not tell whether the server is on or off."
        )
    if power_state != task.node.power_state:
        task.node.power_state = power_state
    server_facts.record(task)
    acceptance.accepted(task.node)


FLOW = engine.Flow(
    VERIFICATION,
    prepare=_prepare,
)
