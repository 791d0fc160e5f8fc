# SPDX-License-Identifier: Apache-2.0
"""DHCP as clients speak it, byte by byte: what they send, and what they find in an answer."""

import dataclasses
import secrets
import struct
from ipaddress import IPv4Address

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
COOKIE = b"\x63\x82\x53\x63"
IPXE_OPTION = bytes((0x13, 1, 1))
NOWHERE = "0.0.0.0"


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def network_boot(architecture: int, vendor: str = "PXEClient", ipxe: bool = False) -> bytes:
    """The options of firmware, or of iPXE, that wants to boot."""
    options = option(60, f"{vendor}:Arch:{architecture:05}:UNDI:003016".encode())
    options += option(93, struct.pack("!H", architecture)) + option(94, bytes((1, 3, 16)))
    options += option(97, bytes(17))
    return options + (option(175, IPXE_OPTION) + option(77, b"iPXE") if ipxe else b"")


def message(
    kind: int,
    mac: str,
    options: bytes = b"",
    *,
    transaction: int | None = None,
    client: str = NOWHERE,
    relay: str = NOWHERE,
    broadcast: bool = False,
) -> bytes:
    transaction = secrets.randbits(32) if transaction is None else transaction
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, transaction, 0, 0x8000 if broadcast else 0)
    addresses = IPv4Address(client).packed + bytes(8) + IPv4Address(relay).packed
    hardware = bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0")
    body = head + addresses + hardware + bytes(192) + COOKIE + option(53, bytes((kind,)))
    return (body + options + b"\xff").ljust(300, b"\0")


@dataclasses.dataclass(frozen=True)
class Answer:
    kind: int
    transaction: int
    mac: str
    address: str
    relay: str
    next_server: str
    options: dict[int, bytes]
    file_field: str

    @property
    def server(self) -> str:
        return str(IPv4Address(self.options[54]))

    @property
    def boot_file(self) -> str:
        return self.options.get(67, b"").decode() or self.file_field

    @property
    def vendor(self) -> str:
        return self.options.get(60, b"").decode()


def read(data: bytes) -> Answer:
    assert data[0] == 2 and data[236:240] == COOKIE
    options, position = {}, 240
    while data[position] != 255:
        if data[position] == 0:
            position += 1
            continue
        length = data[position + 1]
        options[data[position]] = data[position + 2 : position + 2 + length]
        position += 2 + length
    return Answer(
        kind=options[53][0],
        transaction=int.from_bytes(data[4:8], "big"),
        mac=data[28:34].hex(":"),
        address=str(IPv4Address(data[16:20])),
        relay=str(IPv4Address(data[24:28])),
        next_server=str(IPv4Address(data[20:24])),
        options=options,
        file_field=data[108:236].split(b"\0")[0].decode(),
    )
