# SPDX-License-Identifier: Apache-2.0
"""RMCP, ASF and IPMI frames: bytes to values and back (IPMI 2.0 section 13)."""

import dataclasses
import struct

RMCP_VERSION = 0x06
RMCP_NO_ACK = 0xFF
CLASS_ASF = 0x06
CLASS_IPMI = 0x07

AUTH_NONE = 0x00
AUTH_RMCPP = 0x06

# Payload types, table 13-16.
PAYLOAD_IPMI = 0x00
PAYLOAD_OPEN_SESSION_REQUEST = 0x10
PAYLOAD_OPEN_SESSION_RESPONSE = 0x11
PAYLOAD_RAKP_1 = 0x12
PAYLOAD_RAKP_2 = 0x13
PAYLOAD_RAKP_3 = 0x14
PAYLOAD_RAKP_4 = 0x15
_ENCRYPTED = 0x80
_AUTHENTICATED = 0x40

_ASF_IANA = 4542
_ASF_PONG = 0x40
_ASF_PING = 0x80

BMC_ADDRESS = 0x20
_NEXT_HEADER = 0x07


class PacketError(ValueError):
    """A datagram is not a frame that a BMC answers; it is dropped, as the specification asks."""


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """An IPMI session packet (figures 13-4 and 13-8). ``signed`` is what its AuthCode covers."""

    auth_type: int
    payload_type: int
    encrypted: bool
    authenticated: bool
    session_id: int
    sequence: int
    payload: bytes
    signed: bytes = b""
    auth_code: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """An IPMI LAN request message (figure 13-4)."""

    rs_addr: int
    rs_lun: int
    netfn: int
    rq_addr: int
    rq_seq: int
    rq_lun: int
    command: int
    data: bytes


def checksum(data: bytes) -> int:
    """Return the two's complement checksum of an IPMI message."""
    return -sum(data) & 0xFF


def split_rmcp(datagram: bytes) -> tuple[int, bytes]:
    """Return the RMCP class and what follows its header (table 13-1).

    :raises PacketError: it is not RMCP.
    """
    if len(datagram) < 5 or datagram[0] != RMCP_VERSION:
        raise PacketError("not RMCP")
    return datagram[3] & 0x1F, datagram[4:]


def rmcp(message_class: int, body: bytes) -> bytes:
    """Put an RMCP header before a body; no acknowledge is asked for."""
    return bytes((RMCP_VERSION, 0, RMCP_NO_ACK, message_class)) + body


def presence_pong(ping: bytes) -> bytes:
    """Answer an ASF presence ping (ASF 2.0 section 3.2.4) with a pong that supports IPMI.

    :raises PacketError: it is another ASF message.
    """
    if len(ping) < 8:
        raise PacketError("short ASF message")
    iana, kind, tag = struct.unpack(">IBB", ping[:6])
    if iana != _ASF_IANA or kind != _ASF_PING:
        raise PacketError("not a presence ping")
    body = struct.pack(">IIBB6x", _ASF_IANA, 0, 0x81, 0)
    return struct.pack(">IBBBB", _ASF_IANA, _ASF_PONG, tag, 0, len(body)) + body


def parse_frame(body: bytes, auth_code_length: int = 0) -> Frame:
    """Read an IPMI 1.5 (AuthType none) or RMCP+ session packet after its RMCP header.

    ``auth_code_length`` is the session's, when it is known.

    :raises PacketError: it is cut short or of a kind that a BMC without IPMI 1.5 login refuses.
    """
    try:
        if body[0] == AUTH_NONE:
            sequence, session_id, length = struct.unpack_from("<IIB", body, 1)
            return Frame(
                AUTH_NONE, PAYLOAD_IPMI, False, False, session_id, sequence, body[10 : 10 + length]
            )
        if body[0] != AUTH_RMCPP:
            raise PacketError("only RMCP+ sessions are offered")
        kind, session_id, sequence, length = struct.unpack_from("<BIIH", body, 1)
    except (struct.error, IndexError) as exc:
        raise PacketError("short session header") from exc
    if len(body) < 12 + length:
        raise PacketError("short payload")
    authenticated = bool(kind & _AUTHENTICATED)
    signed, auth_code = b"", b""
    if authenticated and auth_code_length:
        signed, auth_code = body[:-auth_code_length], body[-auth_code_length:]
    return Frame(
        AUTH_RMCPP,
        kind & 0x3F,
        bool(kind & _ENCRYPTED),
        authenticated,
        session_id,
        sequence,
        body[12 : 12 + length],
        signed,
        auth_code,
    )


def sessionless_ipmi15(payload: bytes) -> bytes:
    """Frame a message outside any session in the IPMI 1.5 format."""
    return rmcp(CLASS_IPMI, struct.pack("<BIIB", AUTH_NONE, 0, 0, len(payload)) + payload)


def sessionless_rmcpp(payload_type: int, payload: bytes) -> bytes:
    """Frame a payload outside any session in the RMCP+ format."""
    return rmcp(
        CLASS_IPMI, struct.pack("<BBIIH", AUTH_RMCPP, payload_type, 0, 0, len(payload)) + payload
    )


def session_header(payload_type: int, session_id: int, sequence: int, length: int) -> bytes:
    """Return the header of an encrypted and authenticated packet."""
    kind = payload_type | _ENCRYPTED | _AUTHENTICATED
    return struct.pack("<BBIIH", AUTH_RMCPP, kind, session_id, sequence, length)


def integrity_trailer(covered: int) -> bytes:
    """Return the pad, its length and the next-header byte that align ``covered`` bytes to four."""
    pad = -(covered + 2) % 4
    return b"\xff" * pad + bytes((pad, _NEXT_HEADER))


def parse_request(payload: bytes) -> Request:
    """Read an IPMI request message.

    :raises PacketError: it is cut short, or a checksum is wrong.
    """
    if len(payload) < 7:
        raise PacketError("short IPMI message")
    if checksum(payload[:2]) != payload[2] or checksum(payload[3:-1]) != payload[-1]:
        raise PacketError("wrong checksum")
    rs_addr, netfn, _check, rq_addr, seq, command = payload[:6]
    return Request(
        rs_addr, netfn & 3, netfn >> 2, rq_addr, seq >> 2, seq & 3, command, payload[6:-1]
    )


def response(request: Request, completion_code: int, data: bytes) -> bytes:
    """Return the IPMI response message to a request."""
    head = bytes((request.rq_addr, (request.netfn | 1) << 2 | request.rq_lun))
    body = (
        bytes(
            (
                request.rs_addr,
                request.rq_seq << 2 | request.rs_lun,
                request.command,
                completion_code,
            )
        )
        + data
    )
    return head + bytes((checksum(head),)) + body + bytes((checksum(body),))
