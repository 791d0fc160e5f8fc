# SPDX-License-Identifier: Apache-2.0
"""A rack of virtual servers on the running event loop."""

import asyncio
import contextlib
import dataclasses
import functools
import tempfile
import uuid
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from ironic_lite_simulator import control
from ironic_lite_simulator.agent import tls
from ironic_lite_simulator.agent.agent import Agent
from ironic_lite_simulator.agent.doors import AgentDoors, listening
from ironic_lite_simulator.bmc.login import Account
from ironic_lite_simulator.bmc.server import BmcServer, guid_bytes
from ironic_lite_simulator.description import Description, Simulated, VirtualMachine
from ironic_lite_simulator.disk import Disk
from ironic_lite_simulator.faults import Faults
from ironic_lite_simulator.journal import Journal
from ironic_lite_simulator.machine import Machine
from ironic_lite_simulator.network import control as fabric_control
from ironic_lite_simulator.network.cables import CablesFailed
from ironic_lite_simulator.network.fabric import Fabric
from ironic_lite_simulator.network.nic import Nic, nics_of
from ironic_lite_simulator.surroundings import Identity, Surroundings
from ironic_lite_simulator.switch.switch import Switch, local_link_connection
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_machine import machine as virtual_machine

ADDRESS = "127.0.0.1"
_NAMESPACE = uuid.UUID("5a3c7c5e-3b1e-4d27-9f0b-6c9b1f2a7d10")


@dataclasses.dataclass(frozen=True, slots=True)
class RackOptions:
    """How a rack is built. Port 0 means free ports. Without ``state_dir`` the disks are temporary.

    The rack has ``count`` simulated servers with ``nics`` network cards each (1 to 8), or else the ``servers`` that are
    described.
    ``session_limit`` and ``session_timeout`` (seconds) are those of each BMC. A server requests its boot script
    ``boot_attempts`` times before it tries its next boot device. The switch's SSH server listens on ``switch_port``
    and takes the BMCs' user name and password. If the rack gets a ``network_namespace`` (a name as of ``ip netns``, or
    a path), the switch's networks are bridges in it, and servers
    get their addresses and boot files by DHCP.
    """

    count: int = 4
    boot_url: str = "http://127.0.0.1:6385"
    http_port: int = 0
    bmc_port_base: int = 0
    username: str = "admin"
    password: str = "password"  # noqa: S105 - a virtual BMC's, like a factory default
    state_dir: Path | None = None
    session_limit: int = 8
    session_timeout: float = 60.0
    boot_attempts: int = 3
    nics: int = 1
    switch_port: int = 0
    network_namespace: str | None = None
    timing: Timing = dataclasses.field(default_factory=Timing)
    servers: tuple[Description, ...] = ()

    @property
    def descriptions(self) -> tuple[Description, ...]:
        """What servers there are, in their order."""
        return self.servers or (Simulated(self.nics),) * self.count


AnyMachine = Machine | virtual_machine.Machine


class Server:
    """A virtual server: a machine, its BMC and the addresses of both."""

    def __init__(self, machine: AnyMachine, bmc: BmcServer, bmc_port: int, switch: Switch) -> None:
        self.name = machine.identity.name
        self.machine = machine
        self.bmc = bmc
        self.bmc_port = bmc_port
        self._switch = switch

    @property
    def faults(self) -> Faults:
        return self.machine.faults

    def agent(self) -> Agent | None:
        """Return the simulated agent that answers at the server's address."""
        return self.machine.reachable_agent() if isinstance(self.machine, Machine) else None

    def console(self) -> list[str]:
        """Return the last lines of the serial console."""
        return self.machine.console_lines()

    def status(self) -> dict[str, Any]:
        """Return the state of the server, as GET /servers/N shows it."""
        machine = self.machine
        override = machine.boot_options.override
        return {
            "index": machine.identity.index,
            "name": self.name,
            "mac": machine.identity.mac,
            "nics": [self._nic_status(nic) for nic in machine.identity.nics],
            "uuid": machine.identity.uuid,
            "bmc_address": ADDRESS,
            "bmc_port": self.bmc_port,
            "bmc_sessions": len(self.bmc.sessions),
            "power": "on" if machine.powered_on else "off",
            "boot_device": None if override is None else dataclasses.asdict(override),
            **machine.status(),
            "faults": machine.faults.active(),
        }

    def _nic_status(self, nic: Nic) -> dict[str, Any]:
        lease = self.machine.lease(nic)
        return {
            "name": nic.name,
            "mac": nic.mac,
            "switch_port": nic.switch_port,
            "local_link_connection": local_link_connection(nic.switch_port),
            "network": self._switch.network(self._switch.port(nic.switch_port)),
            "address": None if lease is None else str(lease.address),
            "lease": None if lease is None else lease.as_dict(),
        }


class Rack:
    """The servers and the HTTP server that they share. Use it as an asynchronous context manager."""

    def __init__(self, options: RackOptions) -> None:
        self.options = options
        self.journal = Journal()
        self.servers: list[Server] = []
        self.fabric = Fabric(self.journal, options.network_namespace)
        self.http_port = 0
        self._doors: AgentDoors | None = None
        self._around: Surroundings | None = None
        self._stack = contextlib.AsyncExitStack()

    @property
    def http_url(self) -> str:
        """Root of the control API and of the images."""
        return f"http://{ADDRESS}:{self.http_port}"

    def set_boot_url(self, url: str) -> None:
        """Set the URL of the provisioning API that servers boot from."""
        assert self._around is not None
        self._around.boot_url = url

    async def __aenter__(self) -> "Rack":
        """Start. Every socket is bound when this returns.

        :raises OSError: a port is taken.
        :raises CablesFailed: the network namespace cannot be used, or virtual machines lack one.
        :raises NotInstalled: a program or firmware of virtual machines is missing.
        """
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop everything and close every socket."""
        await self._stack.aclose()

    async def _start(self) -> None:
        machines = any(isinstance(each, VirtualMachine) for each in self.options.descriptions)
        if machines and not self.fabric.carries_packets:
            raise CablesFailed("Virtual machines need a network namespace for their cables.")
        state_dir = self.options.state_dir
        if state_dir is None:
            made = tempfile.TemporaryDirectory(prefix="ironic-lite-rack-")
            state_dir = Path(self._stack.enter_context(made))
        connector = aiohttp.TCPConnector(limit=0)
        session = aiohttp.ClientSession(connector=connector, trust_env=False)
        http = await self._stack.enter_async_context(session)
        certificate = tls.self_signed(ADDRESS)
        self._around = Surroundings(
            self.options.boot_url,
            certificate.pem,
            http,
            self.journal,
            self.options.timing,
            self.fabric,
            self.options.boot_attempts,
        )
        listener = listening(ADDRESS, self.options.http_port)
        self._stack.callback(listener.close)
        self.http_port = listener.getsockname()[1]
        self._doors = AgentDoors(ADDRESS, self._find_agent, certificate.context)
        self._stack.push_async_callback(self._doors.close)
        await self._doors.start()
        for index, description in enumerate(self.options.descriptions):
            self.servers.append(await self._add_server(index, description, state_dir))
        self._stack.push_async_callback(self.fabric.close)
        await self.fabric.start(
            ADDRESS, self.options.switch_port, self.options.username, self.options.password
        )
        app = web.Application()
        app.add_routes(control.routes(self.servers, self.journal))
        app.add_routes(fabric_control.routes(self.fabric))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()

    async def _add_server(self, index: int, description: Description, state_dir: Path) -> Server:
        assert self._doors is not None
        name = f"server-{index}"
        server_uuid = uuid.uuid5(_NAMESPACE, name)
        identity = Identity(
            index,
            name,
            nics=nics_of(index, description.nics),
            uuid=str(server_uuid),
            agent_url=functools.partial(self._doors.url, index),
            bmc_address=ADDRESS,
        )
        for nic in identity.nics:
            self.fabric.switch.add_port(nic.switch_port, f"{name} {nic.name}")
        directory = state_dir / name
        directory.mkdir(parents=True, exist_ok=True)
        machine = await self._machine(identity, description, directory)
        bmc = BmcServer(
            name=name,
            account=Account(self.options.username, self.options.password),
            guid=guid_bytes(server_uuid.int),
            chassis=machine,
            boot_options=machine.boot_options,
            faults=machine.faults,
            journal=self.journal,
            session_limit=self.options.session_limit,
            idle_timeout=self.options.session_timeout,
        )
        base = self.options.bmc_port_base
        port = base + index if base else 0
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: bmc, local_addr=(ADDRESS, port))
        self._stack.callback(bmc.close)
        return Server(machine, bmc, transport.get_extra_info("sockname")[1], self.fabric.switch)

    async def _machine(
        self, identity: Identity, description: Description, directory: Path
    ) -> AnyMachine:
        assert self._around is not None
        if isinstance(description, Simulated):
            simulated = Machine(identity, Disk(directory), Faults(), self._around)
            self._stack.push_async_callback(simulated.close)
            return simulated
        machine = virtual_machine.Machine(identity, description, directory, self._around)
        self._stack.push_async_callback(machine.close)
        await machine.open()
        return machine

    def _find_agent(self, index: int) -> Agent | None:
        return self.servers[index].agent() if index < len(self.servers) else None
