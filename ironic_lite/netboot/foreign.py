# SPDX-License-Identifier: Apache-2.0
"""Asks for an address as a client would, to learn whether another DHCP server is in the network. It takes none."""

import asyncio
import secrets
from ipaddress import IPv4Address

from ironic_lite.netboot import sockets
from ironic_lite.netboot.dhcp4.message import CLIENT_PORT, COOKIE, HEADER, NOWHERE, SERVER_PORT
from ironic_lite.netboot.interface import State

_IPV4 = 0x0800
_EVERYWHERE = IPv4Address("255.255.255.255")
_TRIES = 3
_BETWEEN = 0.8
"""Seconds between two questions. Servers may try an address for up to 3 s, but they answer further questions
meanwhile."""


async def servers(state: State, own: frozenset[IPv4Address] = frozenset()) -> list[IPv4Address]:
    """Return the addresses of other DHCP servers that offer addresses on an interface; it takes up to 3.2 s.

    :param own: addresses of servers that are no strangers.
    :raises CannotListen: the privilege is missing.
    """
    found: set[IPv4Address] = set()
    transaction = secrets.randbits(32)
    mac = sockets.hardware_address(state.mac)
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    opened = sockets.frames(state.name, _IPV4)

    def receive() -> None:
        for frame, _source in sockets.received(opened, 4096):
            offer = sockets.datagram(frame)
            if offer is not None and offer[0] == CLIENT_PORT:
                server = _server_of(offer[1], transaction)
                if server is not None and server not in own:
                    found.add(server)
                    heard.set()

    loop.add_reader(opened, receive)
    try:
        for number in range(_TRIES):
            try:
                opened.send(_question(mac, transaction, number))
            except OSError:
                # Without a link nobody can be asked; then nobody answers either.
                return []
            try:
                last = number == _TRIES - 1
                await asyncio.wait_for(heard.wait(), 2 * _BETWEEN if last else _BETWEEN)
                # Others may be a little later.
                await asyncio.sleep(_BETWEEN / 4)
                break
            except TimeoutError:
                continue
    finally:
        loop.remove_reader(opened)
        opened.close()
    return sorted(found)


def _question(mac: bytes, transaction: int, seconds: int) -> bytes:
    nothing = bytes(4)
    message = HEADER.pack(
        *(1, 1, 6, 0, transaction, seconds, 0x8000),
        *(nothing, nothing, nothing, nothing, mac, b"", b"", COOKIE),
    ) + bytes((53, 1, 1, 55, 2, 1, 3, 255))
    message = message.ljust(300, b"\0")
    return sockets.frame(
        mac, sockets.BROADCAST, (NOWHERE, CLIENT_PORT), (_EVERYWHERE, SERVER_PORT), message
    )


def _server_of(message: bytes, transaction: int) -> IPv4Address | None:
    """Return who offers an address in an answer to the question; None if the message is something else."""
    if len(message) < HEADER.size or message[0] != 2 or message[236:240] != COOKIE:
        return None
    if int.from_bytes(message[4:8], "big") != transaction or not any(message[16:20]):
        return None
    position = HEADER.size
    while position + 1 < len(message) and message[position] != 255:
        if message[position] == 0:
            position += 1
            continue
        length = message[position + 1]
        value = message[position + 2 : position + 2 + length]
        if message[position] == 54 and len(value) == 4:
            return IPv4Address(value)
        position += 2 + length
    return None
