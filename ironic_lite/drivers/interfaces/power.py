# SPDX-License-Identifier: Apache-2.0
"""Power control."""

import abc
from typing import Any

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class PowerInterface(BaseInterface):
    """Turns a server on and off.

    Flows and other interfaces do not call :meth:`set_power_state` and :meth:`reboot` but ``task.set_power``, which
    records the change on the node. ``drivers.power_wait`` has the wait for a power state.
    """

    interface_type = "power"

    @abc.abstractmethod
    def get_power_state(self, task: Task) -> str | None:
        """Ask the hardware. Any lock: power sync calls it for every node, and it changes nothing.

        :returns: ``states.POWER_ON``, ``POWER_OFF`` or ``ERROR``; None where the hardware does not tell.
        :raises IronicLiteError: when the hardware does not answer. Power sync puts a node into maintenance for that
            after a while.
        """

    @abc.abstractmethod
    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        """Change power and wait until it has changed. Exclusive lock, asked for before each command that goes out.

        After a crash the next conductor asks for the state, and calls this again when it is not the wanted one.

        :param power_state: one of :meth:`get_supported_power_states`.
        :param timeout: seconds; None takes the configured time.
        :raises PowerStateFailure: when the state is not reached in time.
        :raises NodeLockLost: when the task has lost the node; nothing is sent then.
        """

    @abc.abstractmethod
    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if the server is on, then power on; raises as :meth:`set_power_state` does.

        After a crash it is done again. A server whose node has ``disable_power_off`` is reset instead.
        """

    def connection_facts(self, task: Task) -> dict[str, Any]:
        """Return what is known about the way to the BMC, for ``driver_internal_info``. Asks no hardware."""
        return {}

    def get_supported_power_states(self, task: Task) -> list[str]:
        """Return the targets that this interface takes: keys of ``states.POWER_TARGETS``. Asks no hardware."""
        return [states.POWER_ON, states.POWER_OFF, states.REBOOT]
