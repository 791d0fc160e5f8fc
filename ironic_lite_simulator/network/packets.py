# SPDX-License-Identifier: Apache-2.0
"""The few packets that a virtual server sends and understands: UDP over IPv4, ARP, and ICMP echo.

Frames are Ethernet II without a checksum and without a VLAN tag.
"""

import dataclasses
import struct
from ipaddress import IPv4Address

BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
NOWHERE = IPv4Address(0)
EVERYWHERE = IPv4Address("255.255.255.255")
_IPV4, _ARP = 0x0800, 0x0806
_ICMP, _UDP = 1, 17
_ETHERNET = struct.Struct("!6s6sH")
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP_HEADER = struct.Struct("!HHHH")
_ARP_PACKET = struct.Struct("!HHBBH6s4s6s4s")
_ARP_REQUEST, _ARP_REPLY = 1, 2
_ARP_ETHERNET = (1, _IPV4, 6, 4)
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_FRAGMENT = 0x3FFF


@dataclasses.dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram."""

    source: IPv4Address
    source_port: int
    target: IPv4Address
    target_port: int
    payload: bytes


def is_for(frame: bytes, mac: str) -> bool:
    """Tell whether a NIC with this MAC address takes the frame: it is for the NIC itself or for all."""
    return frame[:6] in (mac_bytes(mac), mac_bytes(BROADCAST_MAC))


def udp_frame(datagram: Datagram, source_mac: str, target_mac: str) -> bytes:
    """Return the frame of a datagram. It has no UDP checksum, which IPv4 permits."""
    length = _UDP_HEADER.size + len(datagram.payload)
    header = _UDP_HEADER.pack(datagram.source_port, datagram.target_port, length, 0)
    packet = _ip_packet(_UDP, datagram.source, datagram.target, header + datagram.payload)
    return _frame(target_mac, source_mac, _IPV4, packet)


def read_udp(frame: bytes) -> Datagram | None:
    """Return the datagram in a frame; None if there is none, or only a part of one."""
    found = _read_ip(frame)
    if found is None or found[0] != _UDP or len(found[3]) < _UDP_HEADER.size:
        return None
    _protocol, source, target, body = found
    source_port, target_port, length, _checksum = _UDP_HEADER.unpack_from(body)
    if not _UDP_HEADER.size <= length <= len(body):
        return None
    return Datagram(source, source_port, target, target_port, body[_UDP_HEADER.size : length])


def arp_reply(frame: bytes, mac: str, address: IPv4Address) -> bytes | None:
    """Return the answer to an ARP request for ``address``; None if the frame is something else."""
    if len(frame) < _ETHERNET.size + _ARP_PACKET.size or _type(frame) != _ARP:
        return None
    *kind, operation, asker_mac, asker, _mac, wanted = _ARP_PACKET.unpack_from(
        frame, _ETHERNET.size
    )
    if (*kind, operation) != (*_ARP_ETHERNET, _ARP_REQUEST) or wanted != address.packed:
        return None
    packet = _ARP_PACKET.pack(
        *_ARP_ETHERNET, _ARP_REPLY, mac_bytes(mac), address.packed, asker_mac, asker
    )
    return _frame(_mac_text(asker_mac), mac, _ARP, packet)


def echo_reply(frame: bytes, mac: str, address: IPv4Address) -> bytes | None:
    """Return the answer to a ping of ``address``; None if the frame is something else."""
    found = _read_ip(frame)
    if found is None or found[0] != _ICMP or found[2] != address:
        return None
    _protocol, source, _target, body = found
    if len(body) < 8 or body[0] != _ECHO_REQUEST:
        return None
    message = bytes((_ECHO_REPLY, 0, 0, 0)) + body[4:]
    message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
    return _frame(_mac_text(frame[6:12]), mac, _IPV4, _ip_packet(_ICMP, address, source, message))


def mac_bytes(mac: str) -> bytes:
    """Return the six bytes of a MAC address."""
    return bytes.fromhex(mac.replace(":", ""))


def _mac_text(mac: bytes) -> str:
    return mac.hex(":")


def _type(frame: bytes) -> int:
    return int.from_bytes(frame[12:14], "big")


def _frame(target: str, source: str, kind: int, packet: bytes) -> bytes:
    return _ETHERNET.pack(mac_bytes(target), mac_bytes(source), kind) + packet


def _ip_packet(protocol: int, source: IPv4Address, target: IPv4Address, body: bytes) -> bytes:
    fields = (0x45, 0, _IP.size + len(body), 0, 0, 64, protocol)
    header = _IP.pack(*fields, 0, source.packed, target.packed)
    return _IP.pack(*fields, _checksum(header), source.packed, target.packed) + body


def _read_ip(frame: bytes) -> tuple[int, IPv4Address, IPv4Address, bytes] | None:
    """Return protocol, source, target and body of the whole IPv4 packet in a frame."""
    packet = frame[_ETHERNET.size :]
    if _type(frame) != _IPV4 or len(packet) < _IP.size:
        return None
    first, _, length, _, fragment, _, protocol, _, source, target = _IP.unpack_from(packet)
    start = (first & 0xF) * 4
    if first >> 4 != 4 or fragment & _FRAGMENT or not _IP.size <= start <= length <= len(packet):
        return None
    return protocol, IPv4Address(source), IPv4Address(target), packet[start:length]


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
