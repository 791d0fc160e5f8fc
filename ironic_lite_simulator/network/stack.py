# SPDX-License-Identifier: Apache-2.0
"""The network of one server: its NICs get addresses by DHCP, and answer ARP requests and pings."""

import asyncio
from collections.abc import Callable
from typing import Any

from ironic_lite_simulator.network import dhcp, packets
from ironic_lite_simulator.network.fabric import Fabric
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.timing import Timing

_FIRST_WAIT = 1.0


class NoLease(Exception):
    """A NIC got no address; the message says why."""


class Stack:
    """The NICs of one server.

    Firmware asks for an address each time that it boots from a NIC. An operating system, between :meth:`start` and
    :meth:`stop`, asks on all NICs, again after each change of their networks, and until there is an answer. If the
    switch has no networks with packets, nobody asks for anything, and everybody counts as connected.
    """

    def __init__(
        self,
        nics: tuple[Nic, ...],
        server_uuid: str,
        fabric: Fabric,
        timing: Timing,
        tell: Callable[[str, str, dict[str, Any]], None],
    ) -> None:
        """``tell`` gets a line for the console, and name and details of the event for the journal."""
        self._cards = {nic.name: _Card(nic, fabric) for nic in nics}
        self._uuid = server_uuid
        self._fabric = fabric
        self._timing = timing
        self._tell = tell
        self._running: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()
        for card in self._cards.values():
            fabric.attach(card.nic.switch_port, card)

    @property
    def carries_packets(self) -> bool:
        """Whether the rack's networks carry packets."""
        return self._fabric.carries_packets

    def lease(self, nic: Nic) -> dhcp.Lease | None:
        """Return what the NIC has got by DHCP."""
        return self._cards[nic.name].lease

    async def ask_as_firmware(self, nic: Nic, efi: bool) -> dhcp.Lease:
        """Get an address for a NIC that the firmware boots from.

        :raises NoLease: there was no answer, or there is no link.
        """
        client = dhcp.Client(nic.mac, network_boot=True, efi=efi, server_uuid=self._uuid)
        return await self._ask(self._cards[nic.name], client)

    def start(self) -> None:
        """An operating system takes over: it knows nothing of the firmware's addresses, and asks for its own."""
        self.stop()
        if self.carries_packets:
            self._running = [
                asyncio.create_task(self._keep(card), name=f"dhcp-{card.nic.mac}")
                for card in self._cards.values()
            ]

    def stop(self) -> None:
        """Forget all addresses, as without power."""
        for task in self._running:
            task.cancel()
        self._running = []
        for card in self._cards.values():
            card.lease = None

    @property
    def connected(self) -> bool:
        """Whether a NIC has an address; True if the rack's networks carry no packets."""
        return not self.carries_packets or any(card.lease for card in self._cards.values())

    async def wait_until_connected(self) -> None:
        """Return when a NIC has an address; at once if the rack's networks carry no packets."""
        while not self.connected:
            self._connected.clear()
            await self._connected.wait()

    async def _keep(self, card: "_Card") -> None:
        """Ask for an address whenever the NIC's network has changed, until there is an answer."""
        client, failures = dhcp.Client(card.nic.mac), 0
        while True:
            card.changed.clear()
            card.lease = None
            try:
                await self._ask(card, client)
                failures = 0
            except NoLease:
                failures += 1
            waits = None
            if card.lease is not None:
                self._connected.set()
            elif card.link is not None:
                waits = min(self._timing.boot_retry * failures, self._timing.dhcp_timeout)
            try:
                await asyncio.wait_for(card.changed.wait(), waits)
            except TimeoutError:
                continue

    async def _ask(self, card: "_Card", client: dhcp.Client) -> dhcp.Lease:
        """Get a lease, and say on the console how that went.

        :raises NoLease: there was no answer, or there is no link.
        """
        nic, network, links = card.nic, card.link, card.links
        lease, why = None, "no link"
        card.lease = None
        if network is not None:
            try:
                async with asyncio.timeout(self._timing.dhcp_timeout):
                    lease = await card.exchange(client)
            except TimeoutError:
                why = f"no answer within {self._timing.dhcp_timeout:g} s"
        if card.links != links:
            lease, why = None, "the link changed"
        if lease is None:
            self._tell(
                f"{nic.name}: no address by DHCP: {why}",
                "dhcp-failed",
                {"nic": nic.name, "network": network, "why": why},
            )
            raise NoLease(f"{nic.name} got no address by DHCP: {why}")
        card.lease = lease
        boots = f", boot file {lease.boot_file}" if client.network_boot else ""
        self._tell(
            f"{nic.name}: {lease.address}/{lease.prefix} by DHCP from {lease.server}, "
            f"router {lease.router or 'none'}, MTU {lease.mtu or 'not given'}{boots}",
            "dhcp",
            {"nic": nic.name, "network": network, **lease.as_dict()},
        )
        return lease


class _Card:
    """A NIC at work: frames come in, and go out into its switch port."""

    def __init__(self, nic: Nic, fabric: Fabric) -> None:
        self.nic = nic
        self.lease: dhcp.Lease | None = None
        self.changed = asyncio.Event()
        # How often the link has changed.
        self.links = 0
        self._fabric = fabric
        self._answers: asyncio.Queue[dhcp.Answer] | None = None

    @property
    def link(self) -> int | None:
        """The network that the NIC is in; None without a link."""
        return self._fabric.link(self.nic.switch_port)

    def link_changed(self) -> None:
        """Forget what was got over the link that there was."""
        self.lease = None
        self.links += 1
        self.changed.set()

    def receive(self, frame: bytes) -> None:
        """Take a frame from the cable."""
        if not packets.is_for(frame, self.nic.mac):
            return
        if self._answers is not None:
            datagram = packets.read_udp(frame)
            if datagram is not None and datagram.target_port == dhcp.CLIENT_PORT:
                answer = dhcp.read(datagram.payload)
                if answer is not None and answer.mac == packets.mac_bytes(self.nic.mac):
                    self._answers.put_nowait(answer)
                return
        if self.lease is not None:
            for reply_to in (packets.arp_reply, packets.echo_reply):
                reply = reply_to(frame, self.nic.mac, self.lease.address)
                if reply is not None:
                    self._fabric.send(self.nic.switch_port, reply)

    async def exchange(self, client: dhcp.Client) -> dhcp.Lease:
        """Discover, take the first offer, and request it; again and again until a server acknowledges."""
        wait = _FIRST_WAIT
        answers = self._answers = asyncio.Queue()
        try:
            while True:
                transaction = dhcp.new_transaction()
                self._send(dhcp.discover(client, transaction))
                offer = await self._answer(transaction, wait, dhcp.Kind.OFFER)
                if offer is not None:
                    self._send(dhcp.request(client, transaction, offer))
                    lease = await self._answer(transaction, wait, dhcp.Kind.ACK)
                    if lease is not None:
                        return lease
                wait *= 2
        finally:
            if self._answers is answers:
                self._answers = None

    async def _answer(self, transaction: int, wait: float, kind: dhcp.Kind) -> dhcp.Lease | None:
        """Return the lease of the first answer of a kind; None after a refusal or ``wait`` seconds."""
        assert self._answers is not None
        try:
            async with asyncio.timeout(wait):
                while True:
                    answer = await self._answers.get()
                    if answer.transaction != transaction:
                        continue
                    if answer.kind is dhcp.Kind.NAK:
                        return None
                    if answer.kind is kind:
                        return answer.lease
        except TimeoutError:
            return None

    def _send(self, message: bytes) -> None:
        datagram = packets.Datagram(
            packets.NOWHERE, dhcp.CLIENT_PORT, packets.EVERYWHERE, dhcp.SERVER_PORT, message
        )
        frame = packets.udp_frame(datagram, self.nic.mac, packets.BROADCAST_MAC)
        self._fabric.send(self.nic.switch_port, frame)
