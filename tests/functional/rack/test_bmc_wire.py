# SPDX-License-Identifier: Apache-2.0
"""The virtual BMC, datagram by datagram: what a well-behaved client never sends."""

import asyncio
import os
import socket
import struct

import pytest

from ironic_lite_simulator.bmc import crypto, packets
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

SUITE_17 = crypto.SUITES[1]
PING = struct.pack(">IBBBB", 4542, 0x80, 7, 0, 0)


class Console:
    """A client that does one thing at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(PATIENCE)

    def exchange(self, datagram: bytes) -> bytes:
        """Send a datagram and return the answer."""
        self.socket.send(datagram)
        return self.socket.recv(2048)

    def is_silent(self, datagram: bytes) -> bool:
        """Tell whether the BMC drops a datagram: a ping sent after it is answered first."""
        self.socket.send(datagram)
        return self.exchange(packets.rmcp(packets.CLASS_ASF, PING))[3] == packets.CLASS_ASF

    def login_message(self, kind: int, payload: bytes) -> bytes:
        """Exchange a login message; returns the payload of the answer."""
        answer = self.exchange(packets.sessionless_rmcpp(kind, payload))
        return packets.parse_frame(answer[4:]).payload

    def open_session(self, console_id: int = 0xA0A2A3A4) -> bytes:
        """Ask for a session with suite 17."""
        algorithms = (SUITE_17.authentication, SUITE_17.integrity, SUITE_17.confidentiality)
        request = struct.pack("<BBxxI", 1, 0, console_id)
        for kind, algorithm in enumerate(algorithms):
            request += struct.pack("<BxxBBxxx", kind, 8, algorithm)
        return self.login_message(packets.PAYLOAD_OPEN_SESSION_REQUEST, request)

    def login(self, password: bytes = b"password", role: int = 0x14) -> "Established":
        """Go through RAKP 1 to 4."""
        opened = self.open_session()
        assert opened[1] == 0
        console_id, bmc_id = struct.unpack_from("<II", opened, 4)
        console_random = os.urandom(16)
        rakp1 = struct.pack("<B3xI16sBxxB", 2, bmc_id, console_random, role, 5) + b"admin"
        rakp2 = self.login_message(packets.PAYLOAD_RAKP_1, rakp1)
        assert rakp2[1] == 0
        bmc_random, guid = rakp2[8:24], rakp2[24:40]
        handshake = crypto.Handshake(
            SUITE_17, console_id, bmc_id, console_random, bmc_random, guid, role, b"admin"
        )
        rakp3 = struct.pack("<BBxxI", 3, 0, bmc_id) + handshake.rakp3_code(password)
        rakp4 = self.login_message(packets.PAYLOAD_RAKP_3, rakp3)
        if not rakp4[1]:
            # A console that missed the answer repeats its message and gets the same answer.
            assert self.login_message(packets.PAYLOAD_RAKP_3, rakp3) == rakp4
        if rakp4[1]:
            raise PermissionError(rakp4[1])
        sik = handshake.session_integrity_key(password)
        assert rakp4[8:] == handshake.rakp4_check(sik)
        return Established(bmc_id, crypto.SessionKeys(SUITE_17, sik))


class Established:
    """A session after RAKP 4."""

    def __init__(self, bmc_id: int, keys: crypto.SessionKeys) -> None:
        self.bmc_id = bmc_id
        self.keys = keys

    def seal(self, sequence: int, netfn: int, command: int, data: bytes, rq_seq: int = 1) -> bytes:
        """Return a request in the session."""
        head = bytes((packets.BMC_ADDRESS, netfn << 2))
        body = bytes((0x81, rq_seq << 2, command)) + data
        message = head + bytes((packets.checksum(head),)) + body + bytes((packets.checksum(body),))
        payload = self.keys.encrypt(message)
        covered = packets.session_header(0, self.bmc_id, sequence, len(payload)) + payload
        covered += packets.integrity_trailer(len(covered))
        return packets.rmcp(packets.CLASS_IPMI, covered + self.keys.auth_code(covered))

    def open(self, datagram: bytes) -> tuple[int, bytes]:
        """Return completion code and data of an answer."""
        frame = packets.parse_frame(datagram[4:], SUITE_17.code_length)
        assert self.keys.auth_code(frame.signed) == frame.auth_code
        message = self.keys.decrypt(frame.payload)
        return message[6], message[7:-1]


@pytest.fixture
def console(rack: VirtualRack) -> Console:
    """A client of server 0's BMC."""
    return Console(rack.bmc_port(0))


def power_commands(rack: VirtualRack) -> list[str]:
    """Return the chassis controls that were carried out."""
    return [e.details["control"] for e in rack.journal() if e.action == "power"]


def test_presence_ping(console: Console) -> None:
    pong = console.exchange(packets.rmcp(packets.CLASS_ASF, PING))
    assert pong[3] == packets.CLASS_ASF
    iana, kind, tag, _, length = struct.unpack_from(">IBBBB", pong, 4)
    assert (iana, kind, tag, length) == (4542, 0x40, 7, 16)
    assert pong[20] == 0x81  # IPMI, ASF 1.0


@pytest.mark.parametrize("cut", range(0, 48, 7))
def test_garbage_is_dropped(console: Console, cut: int) -> None:
    request = packets.sessionless_rmcpp(packets.PAYLOAD_OPEN_SESSION_REQUEST, bytes(32))
    assert console.is_silent(request[:cut][:-1] + b"\x05")
    assert console.is_silent(os.urandom(cut))


def test_commands_outside_a_session_are_dropped(rack: VirtualRack, console: Console) -> None:
    head = bytes((packets.BMC_ADDRESS, 0))
    body = bytes((0x81, 4, 0x02, 0x01))
    message = head + bytes((packets.checksum(head),)) + body + bytes((packets.checksum(body),))
    assert console.is_silent(packets.sessionless_ipmi15(message))
    assert console.is_silent(packets.sessionless_rmcpp(packets.PAYLOAD_IPMI, message))
    assert power_commands(rack) == []


def test_wrong_password_in_rakp_3(rack: VirtualRack, console: Console) -> None:
    with pytest.raises(PermissionError) as refused:
        console.login(b"wrong")
    assert refused.value.args == (0x0F,)  # invalid integrity check value
    assert "login-refused-password" in {e.action for e in rack.journal()}


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [(b"nobody", 0x14, 0x0D), (b"admin", 0x15, 0x09), (b"x" * 17, 0x14, 0x0C)],
)
def test_rakp_1_refusals(console: Console, name: bytes, role: int, status: int) -> None:
    (bmc_id,) = struct.unpack_from("<I", console.open_session(), 8)
    rakp1 = struct.pack("<B3xI16sBxxB", 9, bmc_id, bytes(16), role, len(name)) + name
    answer = console.login_message(packets.PAYLOAD_RAKP_1, rakp1)
    assert answer[:2] == bytes((9, status))
    # The refused session is gone.
    again = console.login_message(packets.PAYLOAD_RAKP_1, rakp1)
    assert again[1] == 0x02


def test_sessions_run_out(rack: VirtualRack, console: Console) -> None:
    sessions = [console.login() for _ in range(rack.options.session_limit)]
    assert rack.status(0)["bmc_sessions"] == rack.options.session_limit
    assert console.open_session()[1] == 0x01  # insufficient resources
    first = sessions[0]
    closing = first.seal(1, 0x06, 0x3C, struct.pack("<I", first.bmc_id))
    assert first.open(console.exchange(closing)) == (0, b"")
    assert console.open_session()[1] == 0


def test_a_replayed_datagram_is_dropped(rack: VirtualRack, console: Console) -> None:
    session = console.login()
    assert session.open(console.exchange(session.seal(1, 0x06, 0x3B, b"\x04")))[0] == 0
    power_on = session.seal(2, 0x00, 0x02, b"\x01", rq_seq=2)
    assert session.open(console.exchange(power_on))[0] == 0
    assert console.is_silent(power_on)
    assert power_commands(rack) == ["on"]


def test_a_repeated_request_is_answered_but_not_done_again(
    rack: VirtualRack, console: Console
) -> None:
    session = console.login()
    session.open(console.exchange(session.seal(1, 0x06, 0x3B, b"\x04")))
    for sequence in (2, 3):
        repeated = session.seal(sequence, 0x00, 0x02, b"\x01", rq_seq=2)
        assert session.open(console.exchange(repeated))[0] == 0
    assert power_commands(rack) == ["on"]


def test_a_tampered_datagram_is_dropped(console: Console) -> None:
    session = console.login()
    good = session.seal(1, 0x06, 0x01, b"")
    for position in (10, 20, len(good) - 1):
        bad = bytearray(good)
        bad[position] ^= 1
        assert console.is_silent(bytes(bad))
    assert session.open(console.exchange(good))[0] == 0


def test_privilege_is_enforced(rack: VirtualRack, console: Console) -> None:
    session = console.login(role=0x12)  # user
    power_on = session.seal(1, 0x00, 0x02, b"\x01")
    assert session.open(console.exchange(power_on))[0] == 0xD4
    raised = session.seal(2, 0x06, 0x3B, b"\x04", rq_seq=2)
    assert session.open(console.exchange(raised))[0] == 0x81
    assert session.open(console.exchange(session.seal(3, 0x00, 0x01, b"", rq_seq=3)))[0] == 0
    assert power_commands(rack) == []


@pytest.mark.parametrize(
    ("netfn", "command", "data", "code"),
    [
        (0x2C, 0x00, b"", 0xC1),
        (0x00, 0x02, b"", 0xC7),
        (0x00, 0x02, b"\x0f", 0xCC),
        (0x00, 0x09, b"\x6f\x00\x00", 0x80),
        (0x00, 0x08, b"\x05\x80", 0xC7),
        (0x06, 0x3C, b"\x01\x02\x03\x04", 0x87),
    ],
)
def test_completion_codes(
    console: Console, netfn: int, command: int, data: bytes, code: int
) -> None:
    session = console.login()
    session.open(console.exchange(session.seal(1, 0x06, 0x3B, b"\x04")))
    answer = console.exchange(session.seal(2, netfn, command, data, rq_seq=2))
    assert session.open(answer) == (code, b"")


def test_idle_sessions_end() -> None:
    with VirtualRack(count=1, session_timeout=0.05) as rack:
        console = Console(rack.bmc_port(0))
        session = console.login()
        wait_for(lambda: rack.status(0)["bmc_sessions"] == 0, "the end of the idle session")
        assert console.is_silent(session.seal(1, 0x06, 0x01, b""))


def test_two_hundred_bmcs_answer_at_once() -> None:
    async def ping(port: int) -> bytes:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()

        class Client(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: object) -> None:
                if not answer.done():
                    answer.set_result(data)

        address = ("127.0.0.1", port)
        transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=address)
        transport.sendto(packets.rmcp(packets.CLASS_ASF, PING))
        try:
            return await asyncio.wait_for(answer, 20)
        finally:
            transport.close()

    async def ping_all(ports: list[int]) -> list[bytes]:
        return await asyncio.gather(*(ping(port) for port in ports))

    with VirtualRack(count=200) as rack:
        ports = [s["bmc_port"] for s in rack.statuses()]
        assert len(set(ports)) == 200
        assert len(asyncio.run(ping_all(ports))) == 200
