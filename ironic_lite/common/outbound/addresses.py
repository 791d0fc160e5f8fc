# SPDX-License-Identifier: Apache-2.0
"""The addresses that the service may connect to on behalf of others."""

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


# Addresses that cannot belong to a host.
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
            # The target depends on an unknown translator, and servers do not use these addresses.
            "an address that is translated to another one": "::/96 ::ffff:0:0:0/96 64:ff9b:1::/48 2001::/32 2002::/16",
        }
    ),
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32 = (1 << 32) - 1
_ISATAP = (0x00005EFE, 0x02005EFE)


def parse(text: str) -> Address:
    """Parse an address, with or without a zone; an IPv4-mapped IPv6 address becomes an IPv4 address.

    :raises ValueError: when it is not an address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def refusal(address: Address) -> str | None:
    """Return why the service does not connect to an address; None if it does."""
    if _kind(address, ((network, "") for network in CONF.outbound.allowed_networks)) is not None:
        return None
    denied = [(network, "in a denied network") for network in CONF.outbound.denied_networks]
    kind = _kind(address, (*_DENIED, *denied))
    inner = _translated(address)
    if kind is None and inner is not None:
        # allowed_networks refers to this network, not to that of the translator.
        kind = _kind(inner, (*_DENIED, *denied))
    return kind and f"leads to {address}, which is {kind} ([outbound] allowed_networks)"


def nobodys(address: Address) -> str | None:
    """Return the kind of an address that cannot belong to a host; None if it can.

    For BMCs, which may be on loopback (the virtual rack) or link-local.
    """
    return _kind(address, _NOBODYS)


def _kind(address: Address, networks: Iterable[tuple[Network, str]]) -> str | None:
    for network, kind in networks:
        if address.version == network.version and address in network:
            return kind
    return None


def _translated(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address is translated to, if known."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    number = int(address)
    if address in _NAT64 or (number >> 32) & _LOW_32 in _ISATAP:
        return ipaddress.IPv4Address(number & _LOW_32)
    return None
