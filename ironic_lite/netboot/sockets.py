# SPDX-License-Identifier: Apache-2.0
"""Sockets that are bound to one interface: nothing comes in from another one, and nothing goes out there."""

import contextlib
import errno
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

_ETHERNET = struct.Struct("!6s6sH")
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_IPV4 = 0x0800
_UDP_PROTOCOL = 17
_RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes for what comes in while the service is busy: all servers of a room switched on at the same time."""
_AT_ONCE = 64
BROADCAST = b"\xff" * 6


class CannotListen(Exception):
    """A port cannot be used; the message says why, and what to do."""


def udp(
    interface: str, port: int, address: str = "", family: int = socket.AF_INET
) -> socket.socket:
    """Return a UDP socket on a port of an interface.

    :raises CannotListen: another process has the port, or the privilege is missing.
    """
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        opened.bind((address, port))
    except OSError as exc:
        opened.close()
        raise CannotListen(_why(exc, interface, "UDP", port)) from None
    return opened


def tcp(interface: str, port: int, address: str) -> socket.socket:
    """Return a listening TCP socket on a port of an interface.

    :raises CannotListen: another process has the port, or the privilege is missing.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        opened.bind((address, port))
        opened.listen(1024)
    except OSError as exc:
        opened.close()
        raise CannotListen(_why(exc, interface, "TCP", port)) from None
    return opened


def frames(interface: str, protocol: int = 0) -> socket.socket:
    """Return a socket for frames of an Ethernet protocol; with 0, it only sends.

    :raises CannotListen: the privilege is missing.
    """
    try:
        opened = socket.socket(
            socket.AF_PACKET,
            socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
            socket.htons(protocol),
        )
    except OSError as exc:
        raise CannotListen(_why(exc, interface, "raw", 0)) from None
    try:
        opened.bind((interface, protocol))
    except OSError as exc:
        opened.close()
        raise CannotListen(_why(exc, interface, "raw", 0)) from None
    return opened


def hardware_address(mac: str) -> bytes:
    """Return the six bytes of a MAC address that is written with colons."""
    return bytes.fromhex(mac.replace(":", ""))


def received(opened: socket.socket, largest: int) -> Iterator[tuple[bytes, Any]]:
    """Yield the packets that have come, with their senders: at most 64, so that other work gets its turn.

    An error ends it: nothing is left, or the interface went down, and who watches that stops the service.

    :param largest: bytes of a packet; what is longer is cut off.
    """
    for _ in range(_AT_ONCE):
        try:
            yield opened.recvfrom(largest)
        except OSError:
            return


def frame(
    source_mac: bytes,
    target_mac: bytes,
    source: tuple[IPv4Address, int],
    target: tuple[IPv4Address, int],
    payload: bytes,
) -> bytes:
    """Return the Ethernet frame of a UDP datagram, for a client that has no address yet."""
    length = _UDP.size + len(payload)
    addresses = source[0].packed + target[0].packed
    pseudo = addresses + struct.pack("!BBH", 0, _UDP_PROTOCOL, length)
    header = _UDP.pack(source[1], target[1], length, 0)
    checksum = _checksum(pseudo + header + payload) or 0xFFFF
    datagram = _UDP.pack(source[1], target[1], length, checksum) + payload
    fields = (0x45, 0x10, _IP.size + length, 0, 0, 64, _UDP_PROTOCOL)
    packet = _IP.pack(*fields, 0, source[0].packed, target[0].packed)
    packet = _IP.pack(*fields, _checksum(packet), source[0].packed, target[0].packed)
    return _ETHERNET.pack(target_mac, source_mac, _IPV4) + packet + datagram


def datagram(received: bytes) -> tuple[int, bytes] | None:
    """Return target port and payload of the UDP datagram in an Ethernet frame; None if it has no whole one."""
    start = _ETHERNET.size
    if len(received) < start + _IP.size + _UDP.size or received[12:14] != b"\x08\x00":
        return None
    header = (received[start] & 0xF) * 4
    if received[start] >> 4 != 4 or header < _IP.size or received[start + 9] != _UDP_PROTOCOL:
        return None
    if int.from_bytes(received[start + 6 : start + 8], "big") & 0x3FFF:
        return None
    inside = start + header
    if len(received) < inside + _UDP.size:
        return None
    _source, target, length, _checked = _UDP.unpack_from(received, inside)
    if length < _UDP.size or inside + length > len(received):
        return None
    return target, received[inside + _UDP.size : inside + length]


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _why(failure: OSError, interface: str, protocol: str, port: int) -> str:
    what = f"{protocol} port {port} of {interface}" if port else f"a raw socket on {interface}"
    if failure.errno == errno.EADDRINUSE:
        holder = _holder(protocol, port)
        by = f"by {holder}" if holder else "by another process"
        return f"{what} is taken {by}; stop it, or let it leave {interface} alone"
    if failure.errno in (errno.EACCES, errno.EPERM):
        return (
            f"{what} needs the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW: start the service as root (it drops "
            "all other privileges), or by its systemd unit"
        )
    return f"{what} cannot be used: {failure.strerror or failure}"


def _holder(protocol: str, port: int) -> str | None:
    """Return name and number of the process that has a port, as far as this process may see that."""
    inodes = set()
    for table in (f"/proc/net/{protocol.lower()}", f"/proc/net/{protocol.lower()}6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(descriptor.readlink()) in inodes:
                        return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return None
