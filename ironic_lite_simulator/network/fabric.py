# SPDX-License-Identifier: Apache-2.0
"""The rack's switch, its cables, and who may change it: its command line over SSH, and the rack's own control API."""

import asyncio
from typing import Any, Protocol

import asyncssh

from ironic_lite_simulator.journal import Journal
from ironic_lite_simulator.network.cables import Cables, CablesFailed
from ironic_lite_simulator.switch import ssh
from ironic_lite_simulator.switch.switch import Switch, SwitchError

_MAX_RECORDED = 500


class Linked(Protocol):
    """What notices the link of a cable."""

    def link_changed(self) -> None:
        """Learn that the link has gone down or up."""
        ...


class Attached(Linked, Protocol):
    """A NIC at the other end of a switch port's cable."""

    def receive(self, frame: bytes) -> None:
        """Take a frame from the cable."""
        ...


class Fabric:
    """The switch with its SSH server. The journal has its changes and commands, as those of the server ``switch``.

    Without a network namespace, its networks are only names: no packets go through them.
    """

    def __init__(self, journal: Journal, namespace: str | None = None) -> None:
        self.switch = Switch(self._changed)
        self.ssh_port = 0
        self._journal = journal
        self._cables = Cables(namespace) if namespace else None
        self._attached: dict[str, Attached] = {}
        # The ports whose frames virtual machines take from the cables themselves.
        self._machines: dict[str, Linked] = {}
        # The network that the cable of a port is in: that of the port, but for the moment of a change.
        self._cabled: dict[str, int | None] = {}
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._pending: list[str] = []
        self._settling = asyncio.Lock()

    @property
    def carries_packets(self) -> bool:
        """Whether packets go through the switch."""
        return self._cables is not None

    async def start(self, address: str, port: int, username: str, password: str) -> None:
        """Connect all ports, and listen for logins on ``port``; 0 means any free port.

        :raises OSError: the port is taken.
        :raises CablesFailed: the network namespace cannot be used.
        """
        if self._cables is not None:
            await self._cables.open(self.switch.ports, self._machines.keys(), self._receive)
        self._acceptor = await ssh.listen(
            self.switch, address, port, username, password, self._after_command
        )
        self.ssh_port = self._acceptor.get_port()

    async def close(self) -> None:
        """Close the SSH server and its sessions, and pull the cables."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        if self._cables is not None:
            await self._cables.close()

    def attach(self, port: str, card: Attached) -> None:
        """Connect a NIC with a switch port."""
        self._attached[port] = card

    def attach_machine(self, port: str, cable: Linked) -> None:
        """Connect a virtual machine, before the start: it sends and receives at :meth:`tap` itself."""
        self._machines[port] = cable

    def tap(self, port: str) -> int:
        """Return the file descriptor of the TAP device of a virtual machine's port."""
        assert self._cables is not None
        return self._cables.tap(port)

    def send(self, port: str, frame: bytes) -> None:
        """Send a frame of a NIC into its switch port."""
        if self._cables is not None and self.link(port) is not None:
            self._cables.send(port, frame)

    def link(self, port: str) -> int | None:
        """Return the VLAN that the cable of a port is in; None without a link."""
        return self._cabled.get(port)

    async def plug(self, port: str, vlan: int) -> None:
        """Put a port into a VLAN, which is created if needed.

        :raises SwitchError: there is no such port or VLAN, or the network namespace is out of order.
        """
        self.switch.plug(port, vlan)
        await self._settle()

    async def unplug(self, port: str) -> None:
        """Take a port out of its VLAN.

        :raises SwitchError: there is no such port, or the network namespace is out of order.
        """
        self.switch.unplug(port)
        await self._settle()

    def status(self) -> dict[str, Any]:
        """Return what GET /switch shows. ``namespace`` is null if no packets go through the switch."""
        namespace = self._cables.namespace if self._cables else None
        return {**self.switch.status(), "ssh_port": self.ssh_port, "namespace": namespace}

    def _changed(self, name: str) -> None:
        network = self.switch.network(self.switch.ports[name])
        self._record("network", port=name, network=network)
        self._pending.append(name)

    async def _settle(self) -> None:
        """Move the cables of all ports whose network has changed.

        :raises SwitchError: the network namespace is out of order.
        """
        async with self._settling:
            pending, self._pending = dict.fromkeys(self._pending), []
            for name in pending:
                await self._move(name, self.switch.network(self.switch.ports[name]))

    async def _move(self, name: str, network: int | None) -> None:
        """Move a cable; its link goes down, and up again if there is a network."""
        self._link(name, None)
        if self._cables is not None:
            try:
                await self._cables.connect(name, network)
            except CablesFailed as exc:
                self._record("cables-failed", port=name, error=str(exc))
                raise SwitchError(f"{name}: {exc}") from exc
        self._link(name, network)

    def _link(self, name: str, network: int | None) -> None:
        self._cabled[name] = network
        for attached in (self._attached.get(name), self._machines.get(name)):
            if attached is not None:
                attached.link_changed()

    def _receive(self, port: str, frame: bytes) -> None:
        if port in self._attached and self.link(port) is not None:
            self._attached[port].receive(frame)

    async def _after_command(self, line: str, output: str) -> None:
        if line.strip():
            self._record("command", line=line[:_MAX_RECORDED], output=output[:_MAX_RECORDED])
        await self._settle()

    def _record(self, action: str, **details: object) -> None:
        self._journal.record("switch", "switch", action, **details)
