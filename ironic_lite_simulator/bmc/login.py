# SPDX-License-Identifier: Apache-2.0
"""The RMCP+ login: Open Session and RAKP 1 to 4 (IPMI 2.0 sections 13.17 to 13.24)."""

import dataclasses
import hmac
import os
import struct
from collections.abc import Callable

from ironic_lite_simulator.bmc import crypto, packets
from ironic_lite_simulator.bmc.session import PRIVILEGE_ADMINISTRATOR, Session, SessionTable

# RMCP+ and RAKP status codes, table 13-15.
OK = 0x00
INSUFFICIENT_RESOURCES = 0x01
INVALID_SESSION_ID = 0x02
INVALID_ROLE = 0x09
UNAUTHORIZED_ROLE = 0x0A
INVALID_NAME_LENGTH = 0x0C
UNAUTHORIZED_NAME = 0x0D
INVALID_INTEGRITY_CHECK = 0x0F
NO_CIPHER_SUITE_MATCH = 0x11
ILLEGAL_PARAMETER = 0x12

_MAX_NAME = 16
_ALGORITHM = struct.Struct("<BxxBBxxx")


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """The BMC's one user."""

    username: str
    password: str
    privilege: int = PRIVILEGE_ADMINISTRATOR


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """What to send back: a payload, its type, and an event for the journal, if any."""

    payload_type: int
    payload: bytes
    event: str | None = None
    session_id: int = 0


class Login:
    """Answers the login messages of one BMC. It calls ``account`` for each login, because the password may change."""

    def __init__(self, table: SessionTable, guid: bytes, account: Callable[[], Account]) -> None:
        self._table = table
        self._guid = guid
        self._account = account

    def handle(self, payload_type: int, payload: bytes, client: str) -> Reply | None:
        """Answer one login message; None for one that cannot be answered.

        :raises packets.PacketError: the message is cut short.
        """
        try:
            match payload_type:
                case packets.PAYLOAD_OPEN_SESSION_REQUEST:
                    return self._open_session(payload, client)
                case packets.PAYLOAD_RAKP_1:
                    return self._rakp1(payload)
                case packets.PAYLOAD_RAKP_3:
                    return self._rakp3(payload)
        except (struct.error, IndexError) as exc:
            raise packets.PacketError("short login message") from exc
        return None

    def _open_session(self, data: bytes, client: str) -> Reply:
        """Tables 13-9 and 13-10."""
        tag, privilege, console_id = struct.unpack_from("<BBxxI", data)
        kind = packets.PAYLOAD_OPEN_SESSION_RESPONSE
        wanted: list[int | None] = []
        for offset in (8, 16, 24):
            payload_kind, length, algorithm = _ALGORITHM.unpack_from(data, offset)
            if payload_kind != len(wanted) or length not in (0, _ALGORITHM.size):
                return _refusal(kind, tag, ILLEGAL_PARAMETER, console_id)
            # A record of length zero lets the BMC choose the algorithm.
            wanted.append(algorithm & 0x3F if length else None)
        suite = _match_suite(wanted)
        if suite is None:
            return _refusal(kind, tag, NO_CIPHER_SUITE_MATCH, console_id)
        privilege &= 0x0F
        if privilege > PRIVILEGE_ADMINISTRATOR:
            return _refusal(kind, tag, INVALID_ROLE, console_id)
        # Zero asks for the highest level that the suite and the channel allow.
        privilege = privilege or PRIVILEGE_ADMINISTRATOR
        session = self._table.open(console_id, client, suite, privilege)
        if session is None:
            return _refusal(
                kind, tag, INSUFFICIENT_RESOURCES, console_id, event="session-refused-no-slot"
            )
        answer = struct.pack("<BBBxII", tag, OK, privilege, console_id, session.bmc_id)
        algorithms = (suite.authentication, suite.integrity, suite.confidentiality)
        for payload_kind, algorithm in enumerate(algorithms):
            answer += _ALGORITHM.pack(payload_kind, _ALGORITHM.size, algorithm)
        return Reply(kind, answer)

    def _rakp1(self, data: bytes) -> Reply | None:
        """Tables 13-11 and 13-12."""
        tag, bmc_id, console_random, role, length = struct.unpack_from("<B3xI16sBxxB", data)
        kind = packets.PAYLOAD_RAKP_2
        session = self._table.find(bmc_id)
        if session is None or session.established:
            return _refusal(kind, tag, INVALID_SESSION_ID, 0)
        name = data[28 : 28 + length]
        if length > _MAX_NAME or len(name) != length:
            return self._end(session, kind, tag, INVALID_NAME_LENGTH)
        account = self._account()
        if name != account.username.encode():
            return self._end(session, kind, tag, UNAUTHORIZED_NAME, "login-refused-user")
        privilege = role & 0x0F
        if not 0 < privilege <= PRIVILEGE_ADMINISTRATOR:
            return self._end(session, kind, tag, INVALID_ROLE)
        if privilege > account.privilege:
            return self._end(session, kind, tag, UNAUTHORIZED_ROLE, "login-refused-role")
        session.max_privilege = min(session.max_privilege, privilege)
        session.username = account.username
        session.handshake = handshake = crypto.Handshake(
            session.suite,
            session.console_id,
            bmc_id,
            console_random,
            os.urandom(16),
            self._guid,
            role,
            name,
        )
        head = struct.pack("<BBxxI", tag, OK, session.console_id)
        code = handshake.rakp2_code(account.password.encode())
        return Reply(kind, head + handshake.bmc_random + self._guid + code)

    def _rakp3(self, data: bytes) -> Reply | None:
        """Tables 13-13 and 13-14."""
        tag, status, bmc_id = struct.unpack_from("<BBxxI", data)
        kind = packets.PAYLOAD_RAKP_4
        session = self._table.find(bmc_id)
        if session is None or session.handshake is None:
            return _refusal(kind, tag, INVALID_SESSION_ID, 0)
        if session.keys is not None:
            # A console that missed RAKP 4 repeats RAKP 3.
            if data != session.rakp3:
                return _refusal(kind, tag, INVALID_SESSION_ID, 0)
            return self._rakp4(session, session.handshake, tag)
        if status != OK:
            # The console refused our RAKP 2; it expects no answer (section 13.22).
            self._table.close(bmc_id)
            return None
        handshake = session.handshake
        password = self._account().password.encode()
        if not hmac.compare_digest(data[8:], handshake.rakp3_code(password)):
            return self._end(session, kind, tag, INVALID_INTEGRITY_CHECK, "login-refused-password")
        sik = handshake.session_integrity_key(password)
        session.keys = crypto.SessionKeys(session.suite, sik)
        session.rakp3 = data
        return self._rakp4(session, handshake, tag, event="session-opened")

    def _rakp4(
        self, session: Session, handshake: crypto.Handshake, tag: int, event: str | None = None
    ) -> Reply:
        sik = handshake.session_integrity_key(self._account().password.encode())
        head = struct.pack("<BBxxI", tag, OK, session.console_id)
        check = handshake.rakp4_check(sik)
        return Reply(packets.PAYLOAD_RAKP_4, head + check, event, session.bmc_id)

    def _end(
        self, session: Session, kind: int, tag: int, status: int, event: str | None = None
    ) -> Reply:
        self._table.close(session.bmc_id)
        return _refusal(
            kind, tag, status, session.console_id, event=event, session_id=session.bmc_id
        )


def _match_suite(wanted: list[int | None]) -> crypto.CipherSuite | None:
    # Where the console leaves the choice, the strongest suite wins.
    for suite in reversed(crypto.SUITES):
        have = (suite.authentication, suite.integrity, suite.confidentiality)
        if all(w in (None, h) for w, h in zip(wanted, have, strict=True)):
            return suite
    return None


def _refusal(
    kind: int,
    tag: int,
    status: int,
    console_id: int,
    *,
    event: str | None = None,
    session_id: int = 0,
) -> Reply:
    # An error reply ends after the console's session id (tables 13-10, 13-12, 13-14).
    return Reply(kind, struct.pack("<BBxxI", tag, status, console_id), event, session_id)
