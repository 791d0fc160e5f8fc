# SPDX-License-Identifier: Apache-2.0
"""A BMC on one UDP socket."""

import asyncio
import hmac
import struct
from typing import Any, cast

from ironic_lite_simulator.bmc import commands, crypto, packets
from ironic_lite_simulator.bmc.boot_options import BootOptions
from ironic_lite_simulator.bmc.login import Account, Login
from ironic_lite_simulator.bmc.quirks import QuirkyChassis, QuirkyCommands
from ironic_lite_simulator.bmc.session import REPEAT_TIMEOUT, Session, SessionTable
from ironic_lite_simulator.faults import Faults
from ironic_lite_simulator.journal import Journal

DEFAULT_SESSION_LIMIT = 8
# Authentication type and payload type of the RAKP messages, which cost the BMC computing time.
_RAKP = (
    bytes((packets.AUTH_RMCPP, packets.PAYLOAD_RAKP_1)),
    bytes((packets.AUTH_RMCPP, packets.PAYLOAD_RAKP_3)),
)


class BmcServer(asyncio.DatagramProtocol):
    """Answers RMCP on a socket; ``session_limit`` and ``idle_timeout`` (seconds) are the limits of this BMC."""

    def __init__(
        self,
        *,
        name: str,
        account: Account,
        guid: bytes,
        chassis: commands.Chassis,
        boot_options: BootOptions,
        faults: Faults,
        journal: Journal,
        session_limit: int = DEFAULT_SESSION_LIMIT,
        idle_timeout: float = 60.0,
    ) -> None:
        self._name = name
        self._account = account
        self._faults = faults
        self._journal = journal
        self._clock = asyncio.get_running_loop().time
        self.sessions = SessionTable(self._clock, session_limit, idle_timeout)
        self._login = Login(self.sessions, guid, self._current_account)
        self._commands = QuirkyCommands(
            commands.CommandTable(
                QuirkyChassis(chassis, faults, self._clock),
                *(boot_options, self.sessions, guid, faults),
            ),
            faults,
        )
        self._datagrams = 0
        self._logins = 0
        self._computing_until = 0.0
        self._restart: asyncio.Task[None] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer one datagram (called by asyncio)."""
        count = self._datagrams
        self._datagrams += 1
        if not self._faults.hears_datagram(count):
            return
        seconds = self._faults.bmc_late_rakp
        if seconds and data[4:6] in _RAKP:
            # The BMC computes one answer at a time, including answers that the client has given up on.
            now = self._clock()
            self._computing_until = max(self._computing_until, now) + seconds
            asyncio.get_running_loop().call_at(self._computing_until, self._take, data, addr)
        else:
            self._take(data, addr)

    def _take(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            answer = self._answer(data, f"{addr[0]}:{addr[1]}")
        except (packets.PacketError, crypto.DecryptError):
            return
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def close(self) -> None:
        if self._restart is not None:
            self._restart.cancel()
        if self._transport is not None:
            self._transport.close()

    async def _restart_in(self, seconds: float) -> None:
        """Restart the BMC's daemon: the port is closed for ``seconds``, and all sessions are lost."""
        assert self._transport is not None
        address = self._transport.get_extra_info("sockname")
        # The answer to the request that triggers the restart still goes out.
        await asyncio.sleep(0)
        self._transport.close()
        self._transport = None
        self.sessions.clear()
        await asyncio.sleep(seconds)
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=address)
        self._restart = None

    def _current_account(self) -> Account:
        if self._faults.bmc_wrong_password:
            return Account(self._account.username, self._account.password + "-changed")
        return self._account

    def _answer(self, datagram: bytes, client: str) -> bytes | None:
        message_class, body = packets.split_rmcp(datagram)
        if message_class == packets.CLASS_ASF:
            return packets.rmcp(packets.CLASS_ASF, packets.presence_pong(body))
        if message_class != packets.CLASS_IPMI:
            return None
        frame = packets.parse_frame(body)
        if frame.session_id:
            return self._answer_session(frame.session_id, body, client)
        if frame.payload_type == packets.PAYLOAD_IPMI:
            return self._answer_sessionless(frame, client)
        if frame.payload_type == packets.PAYLOAD_OPEN_SESSION_REQUEST:
            self._logins += 1
            self.sessions.full = self._faults.sessions_taken(self._logins - 1)
        reply = self._login.handle(frame.payload_type, frame.payload, client)
        if reply is None:
            return None
        if reply.event:
            self._record(reply.event, reply.session_id, client)
        return packets.sessionless_rmcpp(reply.payload_type, reply.payload)

    def _answer_sessionless(self, frame: packets.Frame, client: str) -> bytes | None:
        request = packets.parse_request(frame.payload)
        outcome = self._run(request, None, client)
        if outcome is None:
            return None
        message = packets.response(request, outcome.code, outcome.data)
        if frame.auth_type == packets.AUTH_RMCPP:
            return packets.sessionless_rmcpp(packets.PAYLOAD_IPMI, message)
        return packets.sessionless_ipmi15(message)

    def _answer_session(self, session_id: int, body: bytes, client: str) -> bytes | None:
        session = self.sessions.find(session_id)
        if session is None or session.keys is None:
            return None
        frame = packets.parse_frame(body, session.suite.code_length)
        if frame.payload_type != packets.PAYLOAD_IPMI or not frame.encrypted:
            return None
        if not hmac.compare_digest(session.keys.auth_code(frame.signed), frame.auth_code):
            return None
        if not session.inbound.accept(frame.sequence):
            return None
        payload = session.keys.decrypt(frame.payload)
        # A client that missed our answer repeats its request under a new session sequence number;
        # it must not, for example, power cycle a machine twice (section 6.12.14).
        repeated, at = session.last_request
        if payload != repeated or self._clock() - at > REPEAT_TIMEOUT:
            request = packets.parse_request(payload)
            outcome = self._run(request, session, client)
            assert outcome is not None
            session.last_response = packets.response(request, outcome.code, outcome.data)
            session.last_request = (payload, self._clock())
        return _seal(session, session.last_response)

    def _run(
        self, request: packets.Request, session: Session | None, client: str
    ) -> commands.Outcome | None:
        outcome = self._commands.run(request, session)
        if outcome is not None and outcome.event:
            session_id = session.bmc_id if session else 0
            self._record(outcome.event, session_id, client, **outcome.details)
            if outcome.event == "power" and self._faults.bmc_restarts and self._restart is None:
                self._restart = asyncio.create_task(self._restart_in(self._faults.bmc_restarts))
        return outcome

    def _record(self, event: str, session_id: int, client: str, **details: Any) -> None:
        self._journal.record(
            self._name, "bmc", event, session=f"{session_id:08x}", client=client, **details
        )


def _seal(session: Session, message: bytes) -> bytes:
    assert session.keys is not None
    payload = session.keys.encrypt(message)
    sequence = next(session.outbound)
    header = packets.session_header(
        packets.PAYLOAD_IPMI, session.console_id, sequence, len(payload)
    )
    covered = header + payload
    covered += packets.integrity_trailer(len(covered))
    return packets.rmcp(packets.CLASS_IPMI, covered + session.keys.auth_code(covered))


def guid_bytes(value: int) -> bytes:
    """Return a GUID as a BMC sends it: least significant byte first (section 20.8)."""
    return struct.pack("<QQ", value & 0xFFFFFFFFFFFFFFFF, value >> 64)
