# SPDX-License-Identifier: Apache-2.0
"""IPMI frames, keys, sessions and boot options."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironic_lite_simulator.bmc import boot_options, crypto, packets
from ironic_lite_simulator.bmc.server import guid_bytes
from ironic_lite_simulator.bmc.session import LOGIN_TIMEOUT, SequenceWindow, SessionTable


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    for parse in (packets.split_rmcp, packets.parse_frame, packets.parse_request):
        try:
            parse(data)
        except packets.PacketError:
            continue


@given(st.binary(max_size=100), st.sampled_from(crypto.SUITES))
def test_what_is_encrypted_decrypts(message: bytes, suite: crypto.CipherSuite) -> None:
    keys = crypto.SessionKeys(suite, b"sik")
    assert keys.decrypt(keys.encrypt(message)) == message
    assert len(keys.auth_code(message)) == suite.code_length


@given(st.binary(max_size=100))
def test_garbage_does_not_decrypt_to_an_exception_of_another_kind(data: bytes) -> None:
    with contextlib.suppress(crypto.DecryptError):
        crypto.SessionKeys(crypto.SUITES[0], b"sik").decrypt(data)


@pytest.mark.parametrize("length", range(20))
def test_the_trailer_aligns(length: int) -> None:
    trailer = packets.integrity_trailer(length)
    assert (length + len(trailer)) % 4 == 0
    assert trailer[-2] == len(trailer) - 2


def test_a_request_and_its_response() -> None:
    payload = bytes.fromhex("20 18 c8 81 04 38 8e 04 b1")
    request = packets.parse_request(payload)
    assert (request.netfn, request.command, request.rq_seq, request.data) == (
        6,
        0x38,
        1,
        b"\x8e\x04",
    )
    answer = packets.response(request, 0, b"\x01")
    assert answer[:2] == bytes((0x81, 7 << 2))
    assert sum(answer[:3]) & 0xFF == 0
    assert sum(answer[3:]) & 0xFF == 0


def test_a_guid_is_least_significant_byte_first() -> None:
    assert guid_bytes(0x000102030405060708090A0B0C0D0E0F) == bytes(range(15, -1, -1))


def test_the_sequence_window() -> None:
    window = SequenceWindow()
    assert [window.accept(n) for n in (1, 3, 2, 2, 3, 0, 100, 69, 68, 99, 99)] == [
        True,
        True,
        True,
        False,
        False,
        False,
        True,
        True,
        False,
        True,
        False,
    ]


def test_half_open_sessions_give_their_slot_back() -> None:
    clock = Clock()
    table = SessionTable(clock, limit=2)
    suite = crypto.SUITES[0]
    sessions = [table.open(1, "client", suite, 4) for _ in range(3)]
    assert sessions[0] is not None
    assert sessions[2] is None
    clock.now += LOGIN_TIMEOUT + 1
    assert table.open(1, "client", suite, 4) is not None
    assert table.find(sessions[0].bmc_id) is None


def flags(first: int, device: int) -> bytes:
    """Return boot flags."""
    return bytes((first, device << 2, 0, 0, 0))


def test_a_one_time_override_is_taken_once() -> None:
    options = boot_options.BootOptions(Clock())
    assert options.take() is None
    options.set(boot_options.BOOT_FLAGS, flags(0xA0, 1))
    assert options.take() == boot_options.BootOverride("pxe", persistent=False, efi=True)
    assert options.take() is None


def test_a_persistent_override_stays() -> None:
    options = boot_options.BootOptions(Clock())
    options.set(boot_options.BOOT_FLAGS, flags(0xC0, 2))
    assert options.take() == options.take() == boot_options.BootOverride("disk", True, False)


def test_flags_without_the_valid_bit_mean_nothing() -> None:
    options = boot_options.BootOptions(Clock())
    options.set(boot_options.BOOT_FLAGS, flags(0x40, 1))
    assert options.override is None


@pytest.mark.parametrize("keep", [False, True])
def test_unused_flags_are_forgotten_after_a_minute(keep: bool) -> None:
    clock = Clock()
    options = boot_options.BootOptions(clock)
    options.set(boot_options.VALID_BIT_CLEARING, bytes((8 if keep else 0,)))
    options.set(boot_options.BOOT_FLAGS, flags(0x80, 1))
    clock.now += boot_options.FLAGS_LIFETIME + 1
    assert (options.override is not None) == keep


def test_acknowledge_is_written_under_a_mask() -> None:
    options = boot_options.BootOptions(Clock())
    options.set(boot_options.BOOT_INFO_ACKNOWLEDGE, b"\x01\x01")
    options.set(boot_options.BOOT_INFO_ACKNOWLEDGE, b"\x02\x00")
    assert options.get(boot_options.BOOT_INFO_ACKNOWLEDGE) == b"\x00\x01"


def test_a_wrong_length_is_refused() -> None:
    options = boot_options.BootOptions(Clock())
    assert not options.set(boot_options.BOOT_FLAGS, struct.pack("B", 0x80))
