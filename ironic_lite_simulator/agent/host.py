# SPDX-License-Identifier: Apache-2.0
"""What an agent sees of the server that it runs on."""

from typing import Protocol

from ironic_lite_simulator.disk import Disk
from ironic_lite_simulator.faults import Faults
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.network.stack import Stack
from ironic_lite_simulator.surroundings import Identity


class Host(Protocol):
    """The server under an agent."""

    identity: Identity
    disk: Disk
    faults: Faults
    boot_mode: str
    network: Stack
    rescue_password_hash: str | None

    @property
    def boot_nic(self) -> Nic:
        """The NIC that the server booted from."""
        ...

    def control(self, action: str) -> None:
        """Change power as an operating system does: off or reset."""
        ...

    def say(self, line: str) -> None:
        """Write a line on the serial console."""
        ...
