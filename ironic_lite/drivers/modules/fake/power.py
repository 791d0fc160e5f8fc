# SPDX-License-Identifier: Apache-2.0
"""Power of the fake hardware: the power state is the last requested one."""

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.power import PowerInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakePower(PowerInterface):
    """The node's recorded power state is the power state; None until power is first set."""

    def get_power_state(self, task: Task) -> str | None:
        pause("power")
        state: str | None = task.node.power_state
        return state

    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        pause("power")
        task.node.power_state = states.POWER_TARGETS[power_state]

    def reboot(self, task: Task, timeout: int | None = None) -> None:
        pause("power")
        task.node.power_state = states.POWER_ON

    def get_supported_power_states(self, task: Task) -> list[str]:
        return list(states.POWER_TARGETS)
