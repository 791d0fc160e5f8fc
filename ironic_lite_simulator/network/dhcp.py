# SPDX-License-Identifier: Apache-2.0
"""DHCP messages (RFC 2131, RFC 2132) as the firmware and the operating systems of servers send and read them."""

import dataclasses
import enum
import secrets
import struct
import uuid
from ipaddress import IPv4Address
from typing import Any

from ironic_lite_simulator.network.packets import mac_bytes

SERVER_PORT, CLIENT_PORT = 67, 68
_COOKIE = b"\x63\x82\x53\x63"
_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_REQUEST, _REPLY = 1, 2
_ETHERNET = 1
_PAD, _END = 0, 255
# What this client asks for: mask, router, name servers, host and domain name, MTU, broadcast address,
# lease time, server, TFTP server, boot file, and Ironic's and iPXE's own options.
_WANTED = bytes((1, 3, 6, 12, 15, 26, 28, 51, 54, 66, 67, 150, 175))
# Option 175 of iPXE: it can load over HTTP (encapsulated option 19) and menus (39), version 1.21.
_IPXE = bytes((0x13, 1, 1, 0x27, 1, 1, 0xEB, 3, 1, 21, 1))
_MAX_MESSAGE = 1472


class Kind(enum.IntEnum):
    """The type of a message (option 53)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    ACK = 5
    NAK = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the NIC's MAC address, and a server's UUID if its firmware boots over the network."""

    mac: str
    network_boot: bool = False
    efi: bool = False
    server_uuid: str = ""

    def options(self) -> dict[int, bytes]:
        """Return the options that tell the DHCP server what kind of client this is."""
        options = {55: _WANTED, 57: struct.pack("!H", _MAX_MESSAGE)}
        if not self.network_boot:
            return options
        architecture = 7 if self.efi else 0
        return {
            **options,
            60: f"PXEClient:Arch:{architecture:05}:UNDI:003010".encode(),
            77: b"iPXE",
            93: struct.pack("!H", architecture),
            94: bytes((1, 3, 16)),
            97: b"\0" + uuid.UUID(self.server_uuid).bytes_le,
            175: _IPXE,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Lease:
    """What a DHCP server gave. ``boot_file`` is option 67 or the message's file, ``seconds`` the time of the lease."""

    address: IPv4Address
    prefix: int
    server: IPv4Address
    router: IPv4Address | None
    name_servers: tuple[IPv4Address, ...]
    mtu: int | None
    boot_file: str | None
    boot_server: str | None
    seconds: int

    def as_dict(self) -> dict[str, Any]:
        """Return the lease as it goes over HTTP."""
        return {
            **dataclasses.asdict(self),
            "address": str(self.address),
            "server": str(self.server),
            "router": str(self.router) if self.router else None,
            "name_servers": [str(address) for address in self.name_servers],
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A message of a DHCP server: ``lease`` is what it offers or acknowledges."""

    kind: Kind
    transaction: int
    mac: bytes
    lease: Lease | None


def new_transaction() -> int:
    """Return a random number for one exchange."""
    return secrets.randbits(32)


def discover(client: Client, transaction: int) -> bytes:
    """Return the question for offers."""
    return _message(client, transaction, {53: bytes((Kind.DISCOVER,)), **client.options()})


def request(client: Client, transaction: int, offer: Lease) -> bytes:
    """Return the request for what a server has offered."""
    chosen = {50: offer.address.packed, 53: bytes((Kind.REQUEST,)), 54: offer.server.packed}
    return _message(client, transaction, {**chosen, **client.options()})


def read(message: bytes) -> Answer | None:
    """Read a server's message; None if it is not one, or lacks what a client needs."""
    if len(message) < _HEADER.size or message[0] != _REPLY or message[236:240] != _COOKIE:
        return None
    _, _, length, _, transaction, _, _, _, yours, following, _, mac, name, file, _ = (
        _HEADER.unpack_from(message)
    )
    options = _read_options(message[_HEADER.size :])
    try:
        kind = Kind(options[53][0])
        lease = _lease(yours, following, name, file, options) if kind is not Kind.NAK else None
    except (KeyError, IndexError, ValueError, struct.error):
        return None
    return Answer(kind, transaction, mac[:length], lease)


def _lease(
    yours: bytes, following: bytes, name: bytes, file: bytes, options: dict[int, bytes]
) -> Lease:
    if 52 in options:
        # The fields hold more options, none of which a virtual server needs.
        name = file = b""
    address, mask = IPv4Address(yours), int.from_bytes(options.get(1, b"\xff\xff\xff\0"), "big")
    servers = options.get(6, b"")
    boot_server = _text(options.get(150) or options.get(66) or name)
    if 150 in options and len(options[150]) == 4:
        boot_server = str(IPv4Address(options[150]))
    return Lease(
        address,
        prefix=mask.bit_count(),
        server=IPv4Address(options[54]),
        router=IPv4Address(options[3][:4]) if 3 in options else None,
        name_servers=tuple(IPv4Address(servers[i : i + 4]) for i in range(0, len(servers), 4)),
        mtu=struct.unpack("!H", options[26])[0] if 26 in options else None,
        boot_file=_text(options.get(67) or file),
        boot_server=boot_server or (str(IPv4Address(following)) if any(following) else None),
        seconds=int.from_bytes(options.get(51, b""), "big"),
    )


def _text(value: bytes) -> str | None:
    return value.split(b"\0", 1)[0].decode("utf-8", "replace") or None


def _message(client: Client, transaction: int, options: dict[int, bytes]) -> bytes:
    nowhere = bytes(4)
    mac = mac_bytes(client.mac)
    header = _HEADER.pack(
        *(_REQUEST, _ETHERNET, len(mac), 0, transaction, 0, 0),
        *(nowhere, nowhere, nowhere, nowhere, mac, b"", b"", _COOKIE),
    )
    packed = b"".join(bytes((code, len(value))) + value for code, value in options.items())
    return header + packed + bytes((_END,))


def _read_options(data: bytes) -> dict[int, bytes]:
    """Read options; the parts of one that comes more than once are joined (RFC 3396)."""
    options: dict[int, bytes] = {}
    position = 0
    while position < len(data) and data[position] != _END:
        code = data[position]
        if code == _PAD:
            position += 1
            continue
        length = data[position + 1] if position + 1 < len(data) else 0
        start = position + 2
        options[code] = options.get(code, b"") + data[start : start + length]
        position = start + length
    return options
