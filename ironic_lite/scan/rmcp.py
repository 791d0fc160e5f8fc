# SPDX-License-Identifier: Apache-2.0
"""The questions that a BMC answers without a login, and their answers (ASF 2.0; IPMI 2.0, sections 13 and 22)."""

import dataclasses

_RMCP_ASF = bytes.fromhex("0600ff06")
_RMCP_IPMI = bytes.fromhex("0600ff07")
_ASF_IANA = bytes.fromhex("000011be")
_PING, _PONG = 0x80, 0x40
_IPMI_SUPPORTED = 0x80

_BMC, _CONSOLE = 0x20, 0x81
_APP, _APP_RESPONSE = 0x06 << 2, 0x07 << 2
_CAPABILITIES, _CIPHER_SUITES = 0x38, 0x54
_THIS_CHANNEL = 0x0E
_EXTENDED = 0x80
_ADMINISTRATOR = 0x04
_LIST_BY_SUITE = 0x80
_FULL = 16
"""Bytes of an answer about cipher suites that is followed by another one."""
_MOST_SUITE_ANSWERS = 8

_AUTH_TYPES = {0: "none", 1: "md2", 2: "md5", 4: "password", 5: "oem"}

PING = _RMCP_ASF + _ASF_IANA + bytes([_PING, 0, 0, 0])
"""The ASF presence ping. Not every BMC answers it."""


@dataclasses.dataclass(frozen=True)
class Pong:
    """The answer to a ping.

    :param ipmi: whether the BMC says that it speaks IPMI.
    """

    ipmi: bool


@dataclasses.dataclass(frozen=True)
class Capabilities:
    """The answer to Get Channel Authentication Capabilities.

    :param versions: of IPMI over LAN: ``1.5``, ``2.0``.
    :param auth_types: of IPMI 1.5.
    :param anonymous: whether the anonymous user may log in.
    """

    versions: tuple[str, ...]
    auth_types: tuple[str, ...]
    anonymous: bool


@dataclasses.dataclass(frozen=True)
class CipherSuites:
    """An answer to Get Channel Cipher Suites.

    :param index: its place among the answers.
    :param data: the records in it.
    """

    index: int
    data: bytes

    @property
    def is_last(self) -> bool:
        return len(self.data) < _FULL or self.index + 1 >= _MOST_SUITE_ANSWERS


def ask_capabilities() -> bytes:
    """Return the question for the authentication capabilities of the channel."""
    return _request(_CAPABILITIES, bytes([_THIS_CHANNEL | _EXTENDED, _ADMINISTRATOR]), 0)


def ask_cipher_suites(index: int) -> bytes:
    """Return the question for a part of the list of cipher suites."""
    return _request(_CIPHER_SUITES, bytes([_THIS_CHANNEL, 0, _LIST_BY_SUITE | index]), index + 1)


def read(datagram: bytes) -> Pong | Capabilities | CipherSuites | None:
    """Read an answer; None for anything else."""
    if datagram[:1] == b"\x06" and len(datagram) >= 4:
        if datagram[3] & 0x1F == 0x06:
            return _pong(datagram[4:])
        if datagram[3] & 0x1F == 0x07:
            return _ipmi(datagram[4:])
    return None


def suites(data: bytes) -> list[int]:
    """Return the numbers of the cipher suites in the records of all answers."""
    found: list[int] = []
    place = 0
    while place + 1 < len(data):
        start = data[place]
        if start == 0xC0:
            found.append(data[place + 1])
            place += 2
        elif start == 0xC1:
            # A suite of the vendor, with its number of three bytes.
            place += 5
        else:
            # The algorithms of the suite before.
            place += 1
    return sorted(set(found))


def _request(command: int, data: bytes, sequence: int) -> bytes:
    head = bytes([_BMC, _APP])
    body = bytes([_CONSOLE, sequence << 2, command]) + data
    message = head + _checksum(head) + body + _checksum(body)
    return _RMCP_IPMI + bytes(9) + bytes([len(message)]) + message


def _checksum(data: bytes) -> bytes:
    return bytes([-sum(data) & 0xFF])


def _pong(body: bytes) -> Pong | None:
    if len(body) < 8 or body[:4] != _ASF_IANA or body[4] != _PONG:
        return None
    return Pong(ipmi=len(body) > 16 and bool(body[16] & _IPMI_SUPPORTED))


def _ipmi(body: bytes) -> Capabilities | CipherSuites | None:
    """Read a message outside of a session: authentication type none, no sequence, no session."""
    if len(body) < 10 or any(body[:9]):
        return None
    message = body[10 : 10 + body[9]]
    if len(message) < 8 or message[1] & ~0x03 != _APP_RESPONSE:
        return None
    if sum(message[:3]) & 0xFF or sum(message[3:]) & 0xFF:
        return None
    sequence, command, code, data = message[4] >> 2, message[5], message[6], message[7:-1]
    if command == _CAPABILITIES and code == 0 and len(data) >= 4:
        return _capabilities(data)
    if command == _CIPHER_SUITES and sequence:
        # An error is the end of the list, too.
        return CipherSuites(sequence - 1, data[1:] if code == 0 else b"")
    return None


def _capabilities(data: bytes) -> Capabilities:
    types, status, extended = data[1], data[2], data[3]
    # Without the extension the answer is that of IPMI 1.5, and the byte is reserved.
    speaks = extended if types & _EXTENDED else 0x01
    versions = [name for bit, name in ((0x01, "1.5"), (0x02, "2.0")) if speaks & bit]
    return Capabilities(
        versions=tuple(versions),
        auth_types=tuple(name for bit, name in _AUTH_TYPES.items() if types >> bit & 1),
        anonymous=bool(status & 0x01),
    )
