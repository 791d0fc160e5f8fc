# SPDX-License-Identifier: Apache-2.0
"""The network interface that is served: its addresses and its state, asked from the kernel."""

import contextlib
import dataclasses
import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from pathlib import Path

_GET_FLAGS, _GET_ADDRESS, _GET_NETMASK, _GET_HARDWARE = 0x8913, 0x8915, 0x891B, 0x8927
_GET_MTU = 0x8921
_UP, _RUNNING, _LOOPBACK = 0x1, 0x40, 0x8
_REQUEST = struct.Struct("16s24s")
_LONGEST_NAME = 15
_IPV6_ADDRESSES = Path("/proc/net/if_inet6")


@dataclasses.dataclass(frozen=True)
class State:
    """An interface at one moment.

    :param index: its number; another one means another device of the same name.
    :param has_link: whether its cable is plugged in.
    :param ipv4: its first address with the network; None without one.
    :param link_local: its IPv6 address on the link; None without IPv6.
    """

    name: str
    index: int
    mac: str
    mtu: int
    is_up: bool
    has_link: bool
    ipv4: IPv4Interface | None
    link_local: IPv6Address | None = None

    @property
    def problem(self) -> str | None:
        """What prevents this interface from being served, and what to do; None: nothing."""
        if not self.is_up:
            return f"{self.name} is down; 'ip link set {self.name} up' starts it"
        if self.ipv4 is None:
            return (
                f"{self.name} has no IPv4 address; give it one, such as with 'ip address add 192.0.2.1/24 dev "
                f"{self.name}'"
            )
        if self.ipv4.network.num_addresses < 4:
            return f"the network {self.ipv4.network} of {self.name} has no addresses for servers"
        return None


class NoInterface(Exception):
    """There is no interface of this name that can be served; the message says which there are."""


def look(name: str) -> State:
    """Return the state of an interface.

    :raises NoInterface: there is none.
    """
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        raise NoInterface(_which(name)) from None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            (flags,) = struct.unpack_from("H", _ask(asking, _GET_FLAGS, name))
            mac = _ask(asking, _GET_HARDWARE, name)[2:8].hex(":")
            (mtu,) = struct.unpack_from("i", _ask(asking, _GET_MTU, name))
        except OSError:
            raise NoInterface(_which(name)) from None
        if flags & _LOOPBACK:
            raise NoInterface(
                f"{name} is the loopback; name the interface that the servers are connected to"
            )
        ipv4 = None
        # EADDRNOTAVAIL: no address.
        with contextlib.suppress(OSError):
            address = IPv4Address(_ask(asking, _GET_ADDRESS, name)[4:8])
            netmask = IPv4Address(_ask(asking, _GET_NETMASK, name)[4:8])
            ipv4 = IPv4Interface(f"{address}/{netmask}")
    return State(
        name,
        index,
        mac,
        mtu,
        is_up=bool(flags & _UP),
        has_link=bool(flags & _RUNNING),
        ipv4=ipv4,
        link_local=_link_local(name),
    )


def _ask(asking: socket.socket, question: int, name: str) -> bytes:
    if len(name.encode()) > _LONGEST_NAME:
        raise OSError(f"{name} is too long for the name of an interface")
    answer = fcntl.ioctl(asking, question, _REQUEST.pack(name.encode(), b""))
    return _REQUEST.unpack(answer)[1]


def _link_local(name: str) -> IPv6Address | None:
    """Return the IPv6 address on the link, if it is ready for use."""
    with contextlib.suppress(OSError):
        for line in _IPV6_ADDRESSES.read_text().splitlines():
            digits, _index, _prefix, _scope, flags, device = line.split()
            tentative_or_duplicate = int(flags, 16) & (0x40 | 0x08)
            address = IPv6Address(bytes.fromhex(digits))
            if device == name and address.is_link_local and not tentative_or_duplicate:
                return address
    return None


def _which(name: str) -> str:
    others = ", ".join(other for _, other in socket.if_nameindex() if other != "lo") or "none"
    return f"there is no interface {name}; the interfaces of this machine are: {others}"
