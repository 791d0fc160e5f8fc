# SPDX-License-Identifier: Apache-2.0
"""The addresses of one network: who has which, and who gets which.

A client is a MAC address. It has the same address in firmware, in iPXE, in the ramdisk and in its operating system,
though each of these may call itself something else (option 61). An offered address is held for its client, so that two
that ask at the same time never get the same one, and nobody has to be refused.
"""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address

from ironic_lite.netboot.leases import Lease, LeaseFile

LOG = logging.getLogger(__name__)

_HELD = 60.0
"""Seconds for which an offer is held; firmware and iPXE take up to 30 s to choose."""
_SHUNNED = 600.0
"""Seconds for which an address is not given out that somebody else was found to use."""


@dataclasses.dataclass(frozen=True)
class Range:
    """The addresses from ``first`` to ``last``, both included."""

    first: IPv4Address
    last: IPv4Address

    def __contains__(self, address: IPv4Address) -> bool:
        return self.first <= address <= self.last

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    def at(self, number: int) -> IPv4Address:
        """Return an address by its number in the range."""
        return self.first + number


class Pool:
    """Gives out the addresses of a range, and reserved ones of the whole network.

    :param fits: tells whether an address is one that a client of this network can have.
    :param taken: addresses of routers, of this machine and so on.
    :param reserved: tells the addresses that belong to MAC addresses.
    """

    def __init__(
        self,
        addresses: Range,
        fits: Callable[[IPv4Address], bool],
        taken: frozenset[IPv4Address],
        reserved: Callable[[], Mapping[str, IPv4Address]],
        file: LeaseFile,
        leases: Mapping[IPv4Address, Lease],
    ) -> None:
        self._range, self._fits, self._taken, self._reserved = addresses, fits, taken, reserved
        self._file = file
        self._leases = {address: lease for address, lease in leases.items() if fits(address)}
        self._of_client = {lease.client: lease for lease in self._leases.values()}
        self._held: dict[IPv4Address, tuple[str, float]] = {}
        self._shunned: dict[IPv4Address, float] = {}
        self._next = 0

    def __iter__(self) -> Iterator[Lease]:
        return iter(list(self._leases.values()))

    def offer(self, client: str, wanted: IPv4Address | None = None) -> IPv4Address | None:
        """Return an address for a client, and hold it; None if all are in use.

        :param wanted: the address that the client asks for; it gets it if nobody else has it.
        """
        now = time.monotonic()
        self._held = {a: (whose, until) for a, (whose, until) in self._held.items() if until > now}
        self._shunned = {a: until for a, until in self._shunned.items() if until > now}
        address = self._choose(client, wanted)
        if address is not None:
            self._held[address] = (client, now + _HELD)
        return address

    def may_have(self, client: str, address: IPv4Address) -> bool:
        """Tell whether a client can have this very address."""
        reserved = self._reserved()
        own = self._own(client, reserved)
        return own == address if own is not None else self._is_free(client, address, reserved)

    def give(self, client: str, address: IPv4Address, seconds: float) -> None:
        """Record that the client has the address for so long."""
        former = self._of_client.get(client)
        if former is not None and former.address != address:
            self._leases.pop(former.address, None)
            self._file.add(dataclasses.replace(former, expires=0.0), iter(self))
        self._held.pop(address, None)
        self._write(Lease(address, client, time.time() + seconds))

    def release(self, client: str, address: IPv4Address) -> bool:
        """End a client's lease; False if it is not the client's. The client gets the address again if it is free."""
        lease = self._leases.get(address)
        if lease is None or lease.client != client:
            return False
        self._write(dataclasses.replace(lease, expires=time.time()))
        return True

    def forget_offer(self, client: str) -> None:
        """End the offer that is held for a client."""
        for address in [held for held, (whose, _) in self._held.items() if whose == client]:
            del self._held[address]

    def shun(self, client: str, address: IPv4Address) -> bool:
        """Do not give out an address for some time, because a client that has it found it in use by somebody else.

        :returns: False if the address was not this client's.
        """
        if not self._is_of(client, address):
            return False
        self._held.pop(address, None)
        lease = self._leases.pop(address, None)
        if lease is not None:
            self._of_client.pop(client, None)
            self._file.add(dataclasses.replace(lease, expires=0.0), iter(self))
        self._shunned[address] = time.monotonic() + _SHUNNED
        return True

    def client_of(self, address: IPv4Address) -> str | None:
        """Return who has an address now."""
        lease = self._leases.get(address)
        return lease.client if lease is not None and not lease.is_over else None

    def _is_of(self, client: str, address: IPv4Address) -> bool:
        lease, held = self._leases.get(address), self._held.get(address)
        return (lease is not None and lease.client == client) or (
            held is not None and held[0] == client
        )

    def _choose(self, client: str, wanted: IPv4Address | None) -> IPv4Address | None:
        reserved = self._reserved()
        own = self._own(client, reserved)
        if own is not None:
            return own
        former = self._of_client.get(client)
        held = next((a for a, (whose, _) in self._held.items() if whose == client), None)
        for candidate in (former.address if former else None, held, wanted):
            if candidate is not None and self._is_free(client, candidate, reserved):
                return candidate
        return self._unused(client, reserved)

    def _own(self, client: str, reserved: Mapping[str, IPv4Address]) -> IPv4Address | None:
        """Return the address that is reserved for a client, unless somebody else still has it."""
        own = reserved.get(client)
        if own is None or not self._fits(own) or own in self._taken:
            return None
        return own if self.client_of(own) in (None, client) else None

    def _is_free(
        self, client: str, address: IPv4Address, reserved: Mapping[str, IPv4Address]
    ) -> bool:
        return (
            self._is_idle(client, address, reserved)
            and ((lease := self._leases.get(address)) is None or lease.client == client or lease.is_over)
        )  # fmt: skip

    def _is_idle(
        self, client: str, address: IPv4Address, reserved: Mapping[str, IPv4Address]
    ) -> bool:
        """Whether nothing but a lease stands against giving the address to the client."""
        now = time.monotonic()
        whose, until = self._held.get(address, (client, 0.0))
        return (
            address in self._range
            and address not in self._taken
            and self._shunned.get(address, 0.0) <= now
            and (whose == client or until <= now)
            and (client in reserved or address not in reserved.values())
        )

    def _unused(self, client: str, reserved: Mapping[str, IPv4Address]) -> IPv4Address | None:
        """Return the next address that nobody ever had, or else the one whose lease ended first."""
        others = frozenset(reserved.values())
        used = (self._leases, self._held, self._shunned, self._taken, others)
        tries = 1 + sum(len(each) for each in used)
        for _ in range(min(len(self._range), tries)):
            address = self._range.at(self._next)
            self._next = (self._next + 1) % len(self._range)
            if (
                address not in self._leases
                and address not in others
                and self._is_idle(client, address, {})
            ):
                return address
        ended = sorted(
            (lease for lease in self._leases.values() if lease.is_over), key=lambda one: one.expires
        )
        for lease in ended:
            if lease.address not in others and self._is_idle(client, lease.address, {}):
                return lease.address
        return None

    def _write(self, lease: Lease) -> None:
        """Replace the lease of an address, and of its client."""
        former = self._leases.get(lease.address)
        if former is not None and former.client != lease.client:
            self._of_client.pop(former.client, None)
        self._leases[lease.address] = lease
        self._of_client[lease.client] = lease
        self._file.add(lease, iter(self))
