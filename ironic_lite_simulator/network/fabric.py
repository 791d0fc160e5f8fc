# SPDX-License-Identifier: Apache-2.0
"""The rack's switch, and who may change it: its command line over SSH, and the rack's own control API."""

from typing import Any

import asyncssh

from ironic_lite_simulator.journal import Journal
from ironic_lite_simulator.switch import ssh
from ironic_lite_simulator.switch.switch import Switch

_MAX_RECORDED = 500


class Fabric:
    """The switch with its SSH server. The journal has its changes and commands, as those of the server ``switch``."""

    def __init__(self, journal: Journal) -> None:
        self.switch = Switch(self._changed)
        self.ssh_port = 0
        self._journal = journal
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self, address: str, port: int, username: str, password: str) -> None:
        """Listen for logins on ``port``; 0 means any free port.

        :raises OSError: the port is taken.
        """
        self._acceptor = await ssh.listen(
            self.switch, address, port, username, password, self._after_command
        )
        self.ssh_port = self._acceptor.get_port()

    async def close(self) -> None:
        """Close the SSH server and its sessions."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()

    async def plug(self, port: str, vlan: int) -> None:
        """Put a port into a VLAN, which is created if needed.

        :raises SwitchError: there is no such port or VLAN.
        """
        self.switch.plug(port, vlan)

    async def unplug(self, port: str) -> None:
        """Take a port out of its VLAN.

        :raises SwitchError: there is no such port.
        """
        self.switch.unplug(port)

    def status(self) -> dict[str, Any]:
        """Return what GET /switch shows."""
        return {**self.switch.status(), "ssh_port": self.ssh_port}

    def _changed(self, name: str) -> None:
        port = self.switch.port(name)
        self._record("network", port=name, network=self.switch.network(port))

    async def _after_command(self, line: str, output: str) -> None:
        if line.strip():
            self._record("command", line=line[:_MAX_RECORDED], output=output[:_MAX_RECORDED])

    def _record(self, action: str, **details: object) -> None:
        self._journal.record("switch", "switch", action, **details)
