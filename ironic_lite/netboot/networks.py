# SPDX-License-Identifier: Apache-2.0
"""The networks that the service serves: that of its interface, and those behind relays."""

import dataclasses
import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from ironic_lite.netboot.pool import Range

_MOST_BY_DEFAULT = 65_536
_LEFT_OUT = 16


@dataclasses.dataclass(frozen=True)
class Network:
    """A network; ``router`` and ``name_servers`` are for its servers."""

    network: IPv4Network
    addresses: Range
    router: IPv4Address | None = None
    name_servers: tuple[IPv4Address, ...] = ()

    def fits(self, address: IPv4Address) -> bool:
        """Tell whether a server of this network can have the address."""
        network = self.network
        return address in network and address not in (
            network.network_address,
            network.broadcast_address,
        )


def default_range(network: IPv4Network) -> Range:
    """Return all but the lowest addresses of a network, at most 65,536; the lowest are for routers, BMCs and so on."""
    first = network.network_address + max(1, min(network.num_addresses // 4, _LEFT_OUT))
    last = network.broadcast_address - 1
    return Range(first, min(last, first + _MOST_BY_DEFAULT - 1))


def parse_range(text: str) -> Range:
    """Return a range as of ``192.0.2.100-192.0.2.199``.

    :raises ValueError: it has another form, or ends before it begins.
    """
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError("write the first and the last address, such as 192.0.2.100-192.0.2.199")
    addresses = Range(IPv4Address(first.strip()), IPv4Address(last.strip()))
    if addresses.last < addresses.first:
        raise ValueError(f"{addresses.last} is below {addresses.first}")
    return addresses


def parse_relayed(text: str, name_servers: Iterable[IPv4Address]) -> Network:
    """Return a network behind a relay, as of ``198.51.100.0/24 198.51.100.50-198.51.100.99 router=198.51.100.1``.

    :raises ValueError: it has another form.
    """
    words = text.split()
    if not words:
        raise ValueError("it is empty; write NETWORK [FIRST-LAST] [router=ADDRESS]")
    network = ipaddress.ip_network(words[0])
    if not isinstance(network, IPv4Network):
        raise ValueError(f"{network} is not an IPv4 network")
    addresses, router = default_range(network), None
    for word in words[1:]:
        if word.startswith("router="):
            router = IPv4Address(word.removeprefix("router="))
        else:
            addresses = parse_range(word)
    made = Network(network, addresses, router, tuple(name_servers))
    for address in (addresses.first, addresses.last, *([router] if router else [])):
        if not made.fits(address):
            raise ValueError(f"{address} is not an address for a server of {network}")
    return made
