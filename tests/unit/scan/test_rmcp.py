# SPDX-License-Identifier: Apache-2.0
"""Questions to BMCs, and their answers."""

import random

import pytest

from ironic_lite.scan import rmcp
from ironic_lite_simulator.bmc import packets

# Get Channel Authentication Capabilities, as ipmitool sends it.
QUESTION = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")


def _answer(question: bytes, data: bytes, code: int = 0) -> bytes:
    """The answer of the virtual rack's BMC to a question."""
    request = packets.parse_request(packets.parse_frame(question[4:]).payload)
    return packets.sessionless_ipmi15(packets.response(request, code, data))


def test_the_question_for_capabilities() -> None:
    assert rmcp.ask_capabilities() == QUESTION


@pytest.mark.parametrize(
    ("data", "versions", "types", "anonymous"),
    [
        ("0196040300000000", ("1.5", "2.0"), ("md2", "md5", "password"), False),
        ("0180050200000000", ("2.0",), (), True),
        ("0114040300000000", ("1.5",), ("md5", "password"), False),
    ],
)
def test_capabilities(
    data: str, versions: tuple[str, ...], types: tuple[str, ...], anonymous: bool
) -> None:
    found = rmcp.read(_answer(rmcp.ask_capabilities(), bytes.fromhex(data)))
    assert isinstance(found, rmcp.Capabilities)
    assert found == rmcp.Capabilities(versions, types, anonymous)


def test_a_pong() -> None:
    pong = packets.rmcp(packets.CLASS_ASF, packets.presence_pong(rmcp.PING[4:]))
    assert rmcp.read(pong) == rmcp.Pong(ipmi=True)
    assert rmcp.read(pong[:20] + b"\0" + pong[21:]) == rmcp.Pong(ipmi=False)
    assert rmcp.read(rmcp.PING) is None


def test_cipher_suites() -> None:
    first = bytes.fromhex("01 c0 00 00 40 80 c0 01 01 40 80 c0 02 01 41 80 c0")
    rest = bytes.fromhex("01 03 01 41 81 c1 30 01 02 03 c0 11 03 44 81")
    found = [
        rmcp.read(_answer(rmcp.ask_cipher_suites(index), data))
        for index, data in enumerate((first, rest))
    ]
    assert all(isinstance(each, rmcp.CipherSuites) for each in found)
    assert [(each.index, each.is_last) for each in found] == [(0, False), (1, True)]  # type: ignore[union-attr]
    assert rmcp.suites(b"".join(each.data for each in found)) == [0, 1, 2, 3, 17]  # type: ignore[union-attr]


def test_a_bmc_that_does_not_tell_its_cipher_suites() -> None:
    found = rmcp.read(_answer(rmcp.ask_cipher_suites(0), b"", code=0xC1))
    assert found == rmcp.CipherSuites(0, b"")
    assert found.is_last


def test_nonsense_is_no_answer() -> None:
    """Every truncation, and every changed byte, of an answer; and noise."""
    answer = _answer(rmcp.ask_capabilities(), bytes.fromhex("0196040300000000"))
    assert all(rmcp.read(answer[:length]) is None for length in range(len(answer)))
    for place in range(14, len(answer)):
        for bit in range(8):
            changed = bytearray(answer)
            changed[place] ^= 1 << bit
            assert rmcp.read(bytes(changed)) is None
    noise = random.Random(7)
    for _ in range(20_000):
        start = noise.choice((b"", b"\x06\x00\xff\x07", b"\x06\x00\xff\x06", answer[:14]))
        rmcp.read(start + noise.randbytes(noise.randrange(64)))
        rmcp.suites(noise.randbytes(noise.randrange(40)))
