# SPDX-License-Identifier: Apache-2.0
"""What to answer to a client, and why not. No sockets here: a message comes in, and an answer goes out.

The mode ``full`` gives addresses and boot files. The mode ``proxy`` gives boot files only, to clients that boot,
because another server gives the addresses.

Nobody who boots is ever refused by a NAK, because some firmware gives up then: a client that asks for what it cannot
have gets no answer, and begins anew. Operating systems that come from another network are refused, so that
they begin anew at once.
"""

import dataclasses
import struct
from collections.abc import Callable
from ipaddress import IPv4Address

from ironic_lite.common.boot_stages import BootEvent
from ironic_lite.netboot import clients
from ironic_lite.netboot.boot_files import BootFiles, Missing
from ironic_lite.netboot.clients import Client, Means
from ironic_lite.netboot.dhcp4.message import NOWHERE, Answer, Kind, Option, Request
from ironic_lite.netboot.events import Events
from ironic_lite.netboot.networks import Network
from ironic_lite.netboot.pool import Pool

_BOOT_DIRECTLY = bytes((6, 1, 8, 255))
"""Option 43 of PXE, discovery control: boot the named file, and ask no boot server."""


@dataclasses.dataclass(frozen=True)
class Boot:
    """What clients boot.

    :param script: URL of the script for iPXE.
    :param files_url: URL of the directory with the boot files.
    """

    script: str
    files: BootFiles
    files_url: str


@dataclasses.dataclass(frozen=True)
class Served:
    """A network with the addresses that are given there; ``pool`` is None beside another server."""

    network: Network
    pool: Pool | None


class Unanswered(Exception):
    """There is no answer for a client; the message says why, for its journal."""


class Decisions:
    """Answers the messages of one interface.

    :param address: ours, in the network of the interface.
    :param own: network of the interface.
    :param relayed: networks behind relays.
    :param is_known: tells whether a MAC address is served at all; None: all are.
    :param lease_time: seconds.
    """

    def __init__(
        self,
        address: IPv4Address,
        own: Served,
        relayed: tuple[Served, ...],
        boot: Boot,
        is_known: Callable[[str], bool] | None,
        lease_time: int,
        events: Events,
    ) -> None:
        self._address, self._own, self._relayed = address, own, relayed
        self._boot, self._is_known, self._lease_time = boot, is_known, lease_time
        self._events = events
        self._is_proxy = own.pool is None

    @property
    def serves_only_known(self) -> bool:
        """Whether clients without a node get no answer."""
        return self._is_known is not None

    def answer(self, request: Request, port: int) -> Answer | None:
        """Return the answer to a message that came to a port (67 or 4011); None: none.

        :raises Unanswered: the client gets no answer, for a reason that its owner may want to know.
        """
        client = _client(request)
        if self._is_known is not None and not self._is_known(request.mac):
            raise Unanswered("no node has a port with this address ([netboot] serve = known)")
        if self._is_proxy:
            return self._as_proxy(request, client, port)
        served = self._served(request)
        serve = {
            Kind.DISCOVER: self._discover,
            Kind.REQUEST: self._request,
            Kind.RELEASE: self._release,
            Kind.DECLINE: self._decline,
            Kind.INFORM: self._inform,
        }[request.kind]
        return serve(request, client, served)

    def client_of(self, address: IPv4Address) -> str | None:
        """Return who has an address."""
        for served in (self._own, *self._relayed):
            if served.pool is not None and (client := served.pool.client_of(address)):
                return client
        return None

    def _served(self, request: Request) -> Served:
        where = request.relay if request.relay != NOWHERE else self._address
        for served in (self._own, *self._relayed):
            if where in served.network.network:
                return served
        raise Unanswered(
            f"it asks through the relay {where}, whose network is not in [netboot] relayed_networks"
        )

    def _discover(self, request: Request, client: Client, served: Served) -> Answer:
        assert served.pool is not None
        address = served.pool.offer(request.mac, request.address(Option.ADDRESS))
        if address is None:
            raise Unanswered(
                f"no address is free in {served.network.addresses.first}-{served.network.addresses.last}; enlarge "
                "[netboot] address_range"
            )
        answer = self._with_boot(request, client, self._lease(Kind.OFFER, address, served))
        self._tell(request, client, BootEvent.OFFERED, answer)
        return answer

    def _request(self, request: Request, client: Client, served: Served) -> Answer | None:
        pool = served.pool
        assert pool is not None
        chosen = request.address(Option.SERVER)
        if chosen is not None and chosen != self._address:
            pool.forget_offer(request.mac)
            self._events.tell(request.mac, BootEvent.WENT_ELSEWHERE, server=chosen)
            return None
        address = request.address(Option.ADDRESS) or request.client
        if address == NOWHERE:
            raise Unanswered("it requests no address")
        if not served.network.fits(address) or not pool.may_have(request.mac, address):
            if chosen is not None or client.means is not Means.NOTHING:
                raise Unanswered(f"it requests {address}, which it cannot have; it has to ask anew")
            self._events.tell(request.mac, BootEvent.REFUSED, address=address)
            return Answer(Kind.NAK, self._address)
        pool.give(request.mac, address, self._lease_time)
        answer = self._with_boot(request, client, self._lease(Kind.ACK, address, served))
        self._tell(request, client, BootEvent.ACKNOWLEDGED, answer)
        return answer

    def _release(self, request: Request, _client: Client, served: Served) -> None:
        assert served.pool is not None
        served.pool.release(request.mac, request.client)

    def _decline(self, request: Request, _client: Client, served: Served) -> None:
        assert served.pool is not None
        address = request.address(Option.ADDRESS)
        if address is not None and served.pool.shun(request.mac, address):
            self._events.tell(request.mac, BootEvent.ADDRESS_IN_USE, address=address)

    def _inform(self, request: Request, client: Client, served: Served) -> Answer | None:
        if request.client == NOWHERE:
            return None
        options = _network_options(served.network)
        return self._with_boot(request, client, Answer(Kind.ACK, self._address, options=options))

    def _as_proxy(self, request: Request, client: Client, port: int) -> Answer | None:
        """Answer a client that boots, without an address for it."""
        if client.means is Means.NOTHING:
            return None
        if request.kind is Kind.DISCOVER:
            kind = Kind.OFFER
        elif request.kind in (Kind.REQUEST, Kind.INFORM) and port != 67:
            kind = Kind.ACK
        else:
            return None
        answer = self._with_boot(request, client, Answer(kind, self._address))
        if not answer.boot_file:
            return None
        self._tell(request, client, BootEvent.BOOT_FILE_NAMED, answer)
        return answer

    def _lease(self, kind: Kind, address: IPv4Address, served: Served) -> Answer:
        seconds = self._lease_time
        options = {
            Option.LEASE_TIME: struct.pack("!I", seconds),
            Option.RENEWAL_TIME: struct.pack("!I", seconds // 2),
            Option.REBINDING_TIME: struct.pack("!I", seconds * 7 // 8),
            **_network_options(served.network),
        }
        return Answer(kind, self._address, yours=address, options=options)

    def _with_boot(self, request: Request, client: Client, answer: Answer) -> Answer:
        """Add what the client boots; without a boot file for it, say why in its journal, and leave it out."""
        boot, options = self._boot, dict(answer.options)
        if client.means is Means.NOTHING:
            return answer
        try:
            if client.means is Means.SCRIPT:
                file = boot.script
            else:
                file = boot.files.name_for(client.architecture)
                if client.means is Means.HTTP:
                    file = f"{boot.files_url}{file}"
        except Missing as exc:
            self._events.tell(request.mac, BootEvent.FILE_FAILED, client=client, why=exc)
            return answer
        if client.means is Means.HTTP:
            options[Option.CLASS] = clients.HTTP_CLASS
        elif request.options.get(Option.CLASS, b"").startswith(clients.PXE_CLASS):
            options[Option.CLASS] = clients.PXE_CLASS
            options[Option.VENDOR] = _BOOT_DIRECTLY
            if Option.MACHINE in request.options:
                options[Option.MACHINE] = request.options[Option.MACHINE]
        if client.means is Means.TFTP:
            options[Option.TFTP_SERVER] = str(self._address).encode()
        return dataclasses.replace(
            answer, boot_server=self._address, boot_file=file, options=options
        )

    def _tell(self, request: Request, client: Client, what: BootEvent, answer: Answer) -> None:
        self._events.tell(
            request.mac,
            what,
            address=answer.yours if answer.yours != NOWHERE else None,
            boot_file=answer.boot_file,
            client=client,
            relay=request.relay if request.relay != NOWHERE else None,
        )


def _client(request: Request) -> Client:
    options = request.options
    return clients.classify(
        options.get(Option.CLASS, b""),
        options.get(Option.USER_CLASS, b""),
        options.get(Option.ARCHITECTURE, b""),
        Option.IPXE in options,
    )


def _network_options(network: Network) -> dict[int, bytes]:
    options: dict[int, bytes] = {Option.NETMASK: network.network.netmask.packed}
    if network.router is not None:
        options[Option.ROUTER] = network.router.packed
    if network.name_servers:
        options[Option.NAME_SERVERS] = b"".join(one.packed for one in network.name_servers)
    return options
