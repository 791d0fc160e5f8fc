# SPDX-License-Identifier: Apache-2.0
"""Everything that serves an interface while it has one address: DHCP, TFTP, HTTP, router advertisements."""

import contextlib
from ipaddress import IPv4Address
from pathlib import Path

from ironic_lite.common.boot_stages import BootEvent
from ironic_lite.netboot.boot_files import Report
from ironic_lite.netboot.dhcp4.decisions import Boot, Decisions, Served
from ironic_lite.netboot.dhcp4.server import DhcpServer
from ironic_lite.netboot.events import Events
from ironic_lite.netboot.interface import State
from ironic_lite.netboot.leases import LeaseFile
from ironic_lite.netboot.networks import Network
from ironic_lite.netboot.nodes import Nodes
from ironic_lite.netboot.pool import Pool
from ironic_lite.netboot.router_advertisements import RouterAdvertisements
from ironic_lite.netboot.settings import SCRIPT, Settings
from ironic_lite.netboot.tftp import TftpServer
from ironic_lite.netboot.web import PREFIX, BootFileServer

_NEIGHBOURS = Path("/proc/net/arp")


class Stack:
    """The servers of an interface, from ``start`` to ``stop``.

    :param is_proxy: another server gives the addresses.
    :raises ConfigInvalid: the settings do not fit the interface's network.
    """

    def __init__(
        self,
        settings: Settings,
        state: State,
        is_proxy: bool,
        nodes: Nodes,
        file: LeaseFile,
        events: Events,
    ) -> None:
        assert state.ipv4 is not None
        self.state, self.is_proxy = state, is_proxy
        self._settings, self._nodes, self._events, self._file = settings, nodes, events, file
        address = state.ipv4.ip
        self.network = settings.network(state.ipv4)
        leases = file.read()
        self._former_clients = frozenset(lease.client for lease in leases.values())

        def serve(network: Network) -> Served:
            if is_proxy:
                return Served(network, None)
            taken = frozenset({address, *([network.router] if network.router else [])})
            pool = Pool(
                network.addresses,
                network.fits,
                taken,
                lambda: self._nodes.known.reserved,
                file,
                leases,
            )
            return Served(network, pool)

        boot = Boot(
            settings.api_url(address) + SCRIPT,
            settings.files,
            f"http://{address}:{settings.http_port}{PREFIX}",
        )
        self._decisions = Decisions(
            address,
            serve(self.network),
            tuple(serve(network) for network in settings.relayed),
            boot,
            self._is_known if settings.only_known else None,
            settings.lease_time,
            events,
        )
        self._dhcp = DhcpServer(state, self._decisions, nodes, events)
        self._tftp = TftpServer(state, str(address), settings.files.find, self._tell_file("TFTP"))
        self._web = BootFileServer(
            state, [str(address)], settings.http_port, settings.files.find, self._tell_file("HTTP")
        )
        self._advertisements = RouterAdvertisements(state)

    async def start(self) -> None:
        """Serve.

        :raises CannotListen: a port is taken, or a privilege is missing.
        """
        async with contextlib.AsyncExitStack() as undone:
            for server in (self._dhcp, self._tftp, self._advertisements):
                server.start()
                undone.callback(server.stop)
            self._web.start()
            undone.pop_all()

    async def stop(self) -> None:
        """End everything."""
        for server in (self._dhcp, self._tftp, self._advertisements):
            server.stop()
        await self._web.stop()

    def advertise(self, state: State) -> None:
        """Advertise from the interface's present IPv6 address; a new one is ready a second after the interface is up.

        :raises CannotListen: a privilege is missing.
        """
        self._advertisements.stop()
        self.state = state
        self._advertisements = RouterAdvertisements(state)
        self._advertisements.start()

    def _is_known(self, mac: str) -> bool:
        if not self._nodes.is_read:
            # The API has not answered since the start.
            return mac in self._former_clients
        return mac in self._nodes.known.macs

    def _tell_file(self, protocol: str) -> Report:
        def tell(address: str, name: str, why: str | None) -> None:
            mac = self._decisions.client_of(IPv4Address(address)) or _neighbour(address)
            if mac is not None:
                kind = BootEvent.FILE_FAILED if why else BootEvent.FILE_SENT
                self._events.tell(mac, kind, file=name[:200], by=protocol, why=why, address=address)

        return tell


def _neighbour(address: str) -> str | None:
    """Return the MAC address behind an IPv4 address, as the kernel has it."""
    with contextlib.suppress(OSError):
        for line in _NEIGHBOURS.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[0] == address and fields[3] != "00:00:00:00:00:00":
                return fields[3]
    return None
