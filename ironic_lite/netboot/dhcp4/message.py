# SPDX-License-Identifier: Apache-2.0
"""DHCP messages (RFC 2131, RFC 2132, RFC 3046): requests are read, answers are written.

What is read came from anybody in the network. A message that breaks the format is not answered: ``read`` raises.
"""

import dataclasses
import enum
import struct
from ipaddress import IPv4Address

SERVER_PORT, CLIENT_PORT, PXE_PORT = 67, 68, 4011

HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
COOKIE = b"\x63\x82\x53\x63"
_REQUEST, _REPLY = 1, 2
_ETHERNET, _MAC_LENGTH = 1, 6
_PAD, _END = 0, 255
_BROADCAST = 0x8000
_SMALLEST_ANSWER = 300
"""Bytes that every BOOTP client accepts, and some expect."""
_MOST_HOPS = 16
NOWHERE = IPv4Address(0)


class Malformed(ValueError):
    """The bytes are not a client's DHCP message; the text says why."""


class Kind(enum.IntEnum):
    """The type of a message (option 53)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


class Option(enum.IntEnum):
    """The options that the service reads or writes."""

    NETMASK = 1
    ROUTER = 3
    NAME_SERVERS = 6
    HOST_NAME = 12
    VENDOR = 43
    ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    KIND = 53
    SERVER = 54
    WANTED = 55
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    CLASS = 60
    TFTP_SERVER = 66
    BOOT_FILE = 67
    USER_CLASS = 77
    RELAY_AGENT = 82
    ARCHITECTURE = 93
    MACHINE = 97
    IPXE = 175


_SENT_BY_CLIENTS = {Kind.DISCOVER, Kind.REQUEST, Kind.DECLINE, Kind.RELEASE, Kind.INFORM}


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A client's message.

    :param mac: hardware address of the client, as ``52:54:00:00:00:01``.
    :param client: the address that the client uses already (``ciaddr``).
    :param relay: the relay that passed the message on (``giaddr``); 0.0.0.0: none.
    """

    kind: Kind
    transaction: int
    mac: str
    client: IPv4Address
    relay: IPv4Address
    hops: int
    seconds: int
    broadcast: bool
    options: dict[int, bytes]

    def address(self, option: int) -> IPv4Address | None:
        """Return the address in an option; None without one."""
        value = self.options.get(option, b"")
        return IPv4Address(value) if len(value) == 4 else None

    def text(self, option: int) -> str:
        """Return the printable part of an option's text, which a client chose."""
        value = self.options.get(option, b"").split(b"\0", 1)[0]
        return "".join(c for c in value.decode("ascii", "replace") if c.isprintable())


def read(data: bytes) -> Request:
    """Read a client's message.

    :raises Malformed: it is none, or is broken.
    """
    if len(data) < HEADER.size:
        raise Malformed(f"{len(data)} bytes are too few")
    fields = HEADER.unpack_from(data)
    operation, hardware, length, hops, transaction, seconds, flags = fields[:7]
    client, _yours, _next, relay, mac, name, file, cookie = fields[7:]
    if operation != _REQUEST or cookie != COOKIE:
        raise Malformed("not a request")
    if hardware != _ETHERNET or length != _MAC_LENGTH or not any(mac[:6]) or mac[0] & 1:
        raise Malformed("no hardware address of Ethernet")
    if hops > _MOST_HOPS:
        raise Malformed(f"{hops} hops")
    options = _read_options(data[HEADER.size :])
    overload = options.get(Option.OVERLOAD, b"\0")
    if len(overload) != 1:
        raise Malformed("option 52 is broken")
    for bit, field in ((1, file), (2, name)):
        if overload[0] & bit:
            for code, value in _read_options(field).items():
                options[code] = options.get(code, b"") + value
    kind = options.get(Option.KIND, b"")
    if len(kind) != 1 or kind[0] not in _SENT_BY_CLIENTS:
        raise Malformed("not the type of a client's message")
    return Request(
        kind=Kind(kind[0]),
        transaction=transaction,
        mac=mac[:6].hex(":"),
        client=IPv4Address(client),
        relay=IPv4Address(relay),
        hops=hops,
        seconds=seconds,
        broadcast=bool(flags & _BROADCAST),
        options=options,
    )


def _read_options(data: bytes) -> dict[int, bytes]:
    """Read options; the parts of one that comes more than once are joined (RFC 3396)."""
    options: dict[int, bytes] = {}
    position = 0
    while position < len(data) and data[position] != _END:
        code = data[position]
        if code == _PAD:
            position += 1
            continue
        start = position + 2
        end = start + data[position + 1] if position + 1 < len(data) else start
        if end > len(data) or start > len(data):
            raise Malformed(f"option {code} is cut off")
        options[code] = options.get(code, b"") + data[start:end]
        position = end
    return options


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A server's message.

    :param yours: the address for the client; 0.0.0.0: none.
    :param server: our address in the client's network (option 54).
    :param boot_server: from where the boot file comes (``siaddr``).
    :param boot_file: name or URL; empty: none.
    """

    kind: Kind
    server: IPv4Address
    yours: IPv4Address = NOWHERE
    boot_server: IPv4Address = NOWHERE
    boot_file: str = ""
    options: dict[int, bytes] = dataclasses.field(default_factory=dict)

    def write(self, request: Request) -> bytes:
        """Return the bytes of the answer to this request."""
        file = self.boot_file.encode("ascii")
        options = {
            Option.KIND: bytes((self.kind,)),
            Option.SERVER: self.server.packed,
            **self.options,
        }
        if file:
            options[Option.BOOT_FILE] = file
        if Option.RELAY_AGENT in request.options:
            # RFC 3046: as it came, and last.
            options[Option.RELAY_AGENT] = request.options[Option.RELAY_AGENT]
        client = request.client if self.kind is Kind.ACK else NOWHERE
        header = HEADER.pack(
            *(_REPLY, _ETHERNET, _MAC_LENGTH, 0, request.transaction, 0),
            _BROADCAST if request.broadcast else 0,
            *(client.packed, self.yours.packed, self.boot_server.packed, request.relay.packed),
            bytes.fromhex(request.mac.replace(":", "")),
            str(self.boot_server).encode("ascii") if file else b"",
            # A client that cannot find a longer name in its option gets none.
            file if len(file) < 128 else b"",
            COOKIE,
        )
        written = header + b"".join(_option(code, value) for code, value in options.items())
        return (written + bytes((_END,))).ljust(_SMALLEST_ANSWER, b"\0")


def _option(code: int, value: bytes) -> bytes:
    parts = [value[i : i + 255] for i in range(0, len(value), 255)] or [b""]
    return b"".join(bytes((code, len(part))) + part for part in parts)
