# SPDX-License-Identifier: Apache-2.0
"""Which addresses the service connects to on somebody's behalf."""

import ipaddress
from collections.abc import Iterable

from ironic_lite.conf import CONF

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(kinds: dict[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple(
        (ipaddress.ip_network(network), kind)
        for kind, networks in kinds.items()
        for network in networks.split()
    )


# No host has these for its own.
_NOBODYS = _networks(
    {
        "an unspecified address": "0.0.0.0/8 ::/128",
        "a multicast address": "224.0.0.0/4 ff00::/8",
        "a reserved or broadcast address": "240.0.0.0/4",
    }
)
_DENIED = (
    *_NOBODYS,
    *_networks(
        {
            "a loopback address": "127.0.0.0/8 ::1/128",
            "a link-local address": "169.254.0.0/16 fe80::/10 fec0::/10",
            # Oracle; Alibaba; Azure; Amazon; Google; Scaleway. All others are link-local.
            "a metadata service of a cloud": "192.0.0.192/32 100.100.100.200/32 168.63.129.16/32 fd00:ec2::/64 "
            "fd20:ce::254/128 fd00:42::42/128",
            # What they stand for depends on a translator that nobody here knows; none of them is in use for servers.
            "an address that stands for another one": "::/96 ::ffff:0:0:0/96 64:ff9b:1::/48 2001::/32 2002::/16",
        }
    ),
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32 = (1 << 32) - 1
_ISATAP = (0x00005EFE, 0x02005EFE)


def parse(text: str) -> Address:
    """An address as text, also with a zone; an IPv4 address that is written as an IPv6 one is an IPv4 address.

    :raises ValueError: when it is none.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def refusal(address: Address) -> str | None:
    """Why the service does not connect to an address that somebody named, None if it does."""
    if _kind(address, ((network, "") for network in CONF.outbound.allowed_networks)) is not None:
        return None
    denied = [(network, "in a denied network") for network in CONF.outbound.denied_networks]
    kind = _kind(address, (*_DENIED, *denied))
    inner = _translated(address)
    if kind is None and inner is not None:
        # What is allowed here is not where the translator is.
        kind = _kind(inner, (*_DENIED, *denied))
    return kind and f"leads to {address}, which is {kind} ([outbound] allowed_networks)"


def nobodys(address: Address) -> str | None:
    """Which kind of address it is that no single host has, None if one may have it.

    For BMCs, which may well be on loopback (the virtual rack) or on a link.
    """
    return _kind(address, _NOBODYS)


def _kind(address: Address, networks: Iterable[tuple[Network, str]]) -> str | None:
    for network, kind in networks:
        if address.version == network.version and address in network:
            return kind
    return None


def _translated(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that traffic to an IPv6 address goes to in the end, as far as it can be told."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    number = int(address)
    if address in _NAT64 or (number >> 32) & _LOW_32 in _ISATAP:
        return ipaddress.IPv4Address(number & _LOW_32)
    return None
