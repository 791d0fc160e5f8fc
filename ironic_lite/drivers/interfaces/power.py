# SPDX-License-Identifier: Apache-2.0
"""Power control."""

import abc
from typing import Any

from ironic_lite.common import states
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class PowerInterface(BaseInterface):
    """Turns a server on and off.

    Flows and other interfaces call ``task.set_power``, which records the change on the node, instead of
    :meth:`set_power_state` and :meth:`reboot`. ``drivers.power_wait`` waits for a power state.
    """

    interface_type = "power"

    @abc.abstractmethod
    def get_power_state(self, task: Task) -> str | None:
        """Read the power state from the hardware. Any lock; power sync calls it for every node.

        :returns: ``states.POWER_ON``, ``POWER_OFF`` or ``ERROR``; None if the hardware does not report it.
        :raises IronicLiteError: when the hardware does not answer. After several such errors, power sync puts the node
            into maintenance.
        """

    @abc.abstractmethod
    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        """Change the power state and wait for it. Exclusive lock, checked before each command is sent.

        After a crash the next conductor reads the state, and calls this again if it is not the requested one.

        :param power_state: one of :meth:`get_supported_power_states`.
        :param timeout: seconds; None: the configured time.
        :raises PowerStateFailure: when the state is not reached in time.
        :raises NodeLockLost: when the task has lost the lock; no command is sent.
        """

    @abc.abstractmethod
    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if the server is on, then power on; raises as :meth:`set_power_state` does.

        It is called again after a crash. A server whose node has ``disable_power_off`` is reset instead.
        """

    def connection_facts(self, task: Task) -> dict[str, Any]:
        """Return facts about the connection to the BMC, for ``driver_internal_info``. Asks no hardware."""
        return {}

    def get_supported_power_states(self, task: Task) -> list[str]:
        """Return the supported targets, keys of ``states.POWER_TARGETS``. Asks no hardware."""
        return [states.POWER_ON, states.POWER_OFF, states.REBOOT]
