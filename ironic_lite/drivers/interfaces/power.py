# SPDX-License-Identifier: Apache-2.0
"""Power control."""

import abc
from typing import Any

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class PowerInterface(BaseInterface):
    """Turns a server on and off."""

    interface_type = "power"

    @abc.abstractmethod
    def get_power_state(self, task: Task) -> str | None:
        """Ask the hardware.

        :returns: ``power on``, ``power off``, ``error``; None where the hardware does not tell.
        """

    @abc.abstractmethod
    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        """Change power and wait until it has changed.

        :param power_state: a key of ``states.POWER_TARGETS``.
        :param timeout: seconds; None takes the configured time.
        :raises PowerStateFailure: when the state is not reached in time.
        """

    @abc.abstractmethod
    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if it is on, then power on."""

    def connection_facts(self, task: Task) -> dict[str, Any]:
        """What is known about the way to the BMC, to be shown in ``driver_internal_info``. Asks no hardware."""
        return {}

    def get_supported_power_states(self, task: Task) -> list[str]:
        """The targets that this interface takes."""
        return [states.POWER_ON, states.POWER_OFF, states.REBOOT]
