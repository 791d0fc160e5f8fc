# SPDX-License-Identifier: Apache-2.0
"""Packets from anybody: what is no message of a client is refused, and nothing else happens."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironic_lite.netboot import foreign, sockets, tftp
from ironic_lite.netboot.dhcp4 import message
from ironic_lite.netboot.dhcp4.message import Kind, Malformed, Option
from tests.functional.netboot import dhcp

MAC = "52:54:00:00:00:01"
GOOD = dhcp.message(dhcp.DISCOVER, MAC, dhcp.network_boot(7))


def changed(position: int, value: bytes) -> bytes:
    return GOOD[:position] + value + GOOD[position + len(value) :]


def test_a_message_of_a_client() -> None:
    request = message.read(GOOD)
    assert (request.kind, request.mac, request.broadcast) == (Kind.DISCOVER, MAC, False)
    assert request.options[Option.ARCHITECTURE] == b"\0\x07"
    assert request.text(Option.CLASS) == "PXEClient:Arch:00007:UNDI:003016"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:239],
        changed(0, b"\x02"),
        changed(1, b"\x06"),
        changed(2, b"\x10"),
        changed(3, b"\x20"),
        changed(28, bytes(6)),
        changed(28, b"\xff" * 6),
        changed(236, b"abcd"),
        changed(240, bytes((53, 2, 1, 1))),
        dhcp.message(dhcp.OFFER, MAC),
        dhcp.message(0, MAC),
        dhcp.message(200, MAC),
        GOOD[:243] + bytes((60, 200, 1)),
        GOOD[:243] + bytes((60,)),
        dhcp.message(dhcp.DISCOVER, MAC, dhcp.option(52, b"")),
    ],
)
def test_nonsense(data: bytes) -> None:
    with pytest.raises(Malformed):
        message.read(data)


def test_options_in_the_fields_for_names_and_in_parts() -> None:
    parts = dhcp.option(60, b"PXE") + dhcp.option(52, b"\x01") + dhcp.option(60, b"Client")
    data = dhcp.message(dhcp.DISCOVER, MAC, parts)
    in_file = dhcp.option(93, b"\0\x0b") + b"\xff"
    data = data[:108] + in_file + data[108 + len(in_file) :]
    request = message.read(data)
    assert request.options[Option.CLASS] == b"PXEClient"
    assert request.options[Option.ARCHITECTURE] == b"\0\x0b"


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=40), st.integers(0, len(GOOD)))
def test_any_bytes_are_read_or_refused(position: int, value: bytes, length: int) -> None:
    for data in (value, changed(position, value), changed(position, value)[:length]):
        with contextlib.suppress(Malformed):
            request = message.read(data)
            answer = message.Answer(Kind.OFFER, request.client, boot_file="file").write(request)
            assert dhcp.read(answer).transaction == request.transaction
        with contextlib.suppress(tftp.Malformed):
            tftp.read(data)
        with contextlib.suppress(tftp.Malformed):
            tftp.read(b"\0\x01" + data)
        found = sockets.datagram(data)
        assert found is None or len(found[1]) <= len(data)
        foreign._server_of(data, 0)
