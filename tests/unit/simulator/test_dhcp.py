# SPDX-License-Identifier: Apache-2.0
"""DHCP messages and the packets around them, as a client reads them."""

import struct
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from ironic_lite_simulator.network import dhcp, packets

MAC, SERVER_MAC = "52:54:00:00:00:07", "02:00:00:00:00:01"
ADDRESS, SERVER = IPv4Address("10.1.0.7"), IPv4Address("10.1.0.1")
FIRMWARE = dhcp.Client(MAC, True, efi=True, server_uuid="6b1f2c5e-0000-4000-8000-3f0c7f4f4a10")


def options_of(message: bytes) -> dict[int, bytes]:
    options, rest = {}, message[240:]
    while rest[0] != 255:
        options[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    return options


def answer(*options: bytes, file: bytes = b"", kind: int = dhcp.Kind.OFFER) -> bytes:
    """An answer of a server, with its address as identifier."""
    fixed = struct.pack(
        "!BBBBIHH4s4s4s4s16s64s128s4s",
        *(2, 1, 6, 0, 99, 0, 0, bytes(4), ADDRESS.packed, SERVER.packed, bytes(4)),
        *(packets.mac_bytes(MAC), b"", file, b"\x63\x82\x53\x63"),
    )
    return fixed + bytes((53, 1, kind, 54, 4)) + SERVER.packed + b"".join(options) + b"\xff"


def lease_of(message: bytes) -> dhcp.Lease:
    found = dhcp.read(message)
    assert found is not None and found.lease is not None
    return found.lease


def test_firmware_says_what_it_is() -> None:
    told = options_of(dhcp.discover(FIRMWARE, 99))
    assert told[53] == b"\x01"
    assert told[93] == b"\x00\x07"
    assert told[60].startswith(b"PXEClient:Arch:00007")
    assert (told[77], 175 in told) == (b"iPXE", True)
    assert {67, 150, 26, 3} <= set(told[55])
    system = options_of(dhcp.discover(dhcp.Client(MAC), 99))
    assert system.keys().isdisjoint({60, 77, 93, 94, 97, 175})


def test_a_request_names_the_offer() -> None:
    offer = lease_of(answer())
    told = options_of(dhcp.request(FIRMWARE, 99, offer))
    assert (told[53], told[50], told[54]) == (b"\x03", ADDRESS.packed, SERVER.packed)


def test_a_lease() -> None:
    lease = lease_of(
        answer(
            bytes((1, 4, 255, 255, 252, 0)),
            bytes((3, 4)) + SERVER.packed,
            bytes((26, 2)) + struct.pack("!H", 1450),
            bytes((51, 4, 0, 1, 81, 128)),
            bytes((67, 5)) + b"http:",
            bytes((67, 4)) + b"//x\0",
            bytes((150, 9)) + b"10.1.0.99",
            file=b"other",
        )
    )
    assert (lease.address, lease.prefix, lease.router) == (ADDRESS, 22, SERVER)
    assert (lease.mtu, lease.seconds) == (1450, 86400)
    assert (lease.boot_file, lease.boot_server) == ("http://x", "10.1.0.99")


def test_the_boot_file_of_the_header() -> None:
    assert lease_of(answer(file=b"http://x/y")).boot_file == "http://x/y"
    assert lease_of(answer(bytes((52, 1, 1)), file=b"\x43\x01x\xff")).boot_file is None
    assert lease_of(answer()).boot_server == str(SERVER)
    four = bytes((150, 4, 10, 1, 0, 9))
    assert lease_of(answer(four)).boot_server == "10.1.0.9"


def test_what_lacks_something_is_no_answer() -> None:
    whole = answer()
    assert dhcp.read(whole[:239]) is None
    assert dhcp.read(b"\x01" + whole[1:]) is None
    assert dhcp.read(whole[:240] + b"\xff") is None
    assert dhcp.read(answer(bytes((26, 1, 5)))) is None
    refusal = dhcp.read(answer(kind=dhcp.Kind.NAK))
    assert refusal is not None and refusal.lease is None


def test_a_datagram_there_and_back() -> None:
    sent = packets.Datagram(SERVER, 67, ADDRESS, 68, b"payload")
    frame = packets.udp_frame(sent, SERVER_MAC, MAC)
    # Ethernet pads short frames.
    assert packets.read_udp(frame + bytes(20)) == sent
    assert packets.is_for(frame, MAC)
    assert not packets.is_for(frame, "52:54:00:00:00:08")


def test_answers_to_arp_and_ping_for_the_own_address_only() -> None:
    asker = packets.mac_bytes(SERVER_MAC) + SERVER.packed
    question = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + asker + bytes(6) + ADDRESS.packed
    frame = b"\xff" * 6 + packets.mac_bytes(SERVER_MAC) + b"\x08\x06" + question
    reply = packets.arp_reply(frame, MAC, ADDRESS)
    assert reply is not None
    assert reply[:6] == packets.mac_bytes(SERVER_MAC)
    assert reply[22:32] == packets.mac_bytes(MAC) + ADDRESS.packed
    assert packets.arp_reply(frame, MAC, SERVER) is None
    assert packets.arp_reply(reply, MAC, SERVER) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_not(data: bytes) -> None:
    for frame in (data, data[:12] + b"\x08\x00\x45" + data, data[:12] + b"\x08\x06" + data):
        packets.read_udp(frame)
        packets.arp_reply(frame, MAC, ADDRESS)
        packets.echo_reply(frame, MAC, ADDRESS)
    dhcp.read(data)
    dhcp.read(answer()[:240] + data)
