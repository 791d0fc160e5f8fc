# SPDX-License-Identifier: Apache-2.0
"""LLDP data of switches, valid and malformed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironic_lite.drivers.modules.inspector import lldp

SWITCH = [
    [1, "0411223344aabb"],
    [2, "05" + b"Ethernet1/18".hex()],
    [3, "0078"],
    [4, b"port desc".hex()],
    [5, b"sw01".hex()],
    [6, b"NX-OS".hex()],
    [7, "00140014"],
    [8, "0501c0a80101020000000100"],
    [127, "0080c2010065"],
    [127, "0080c2020600c8"],
    [127, "0080c202020000"],
    [127, "0080c203006508" + b"vlan-101".hex()],
    [127, "0080c2040888cc0102"],
    [127, "0080c2040288cc"],
    [127, "0080c20600c9"],
    [127, "00120f0405f2"],
    [127, "00120f01036c110010"],
    [127, "00120f030100000000"],
    [0, ""],
]


def test_a_switch() -> None:
    """The data gets the same names as in Ironic."""
    assert lldp.parse(SWITCH) == {
        "switch_chassis_id": "11:22:33:44:aa:bb",
        "switch_port_id": "Ethernet1/18",
        "switch_port_description": "port desc",
        "switch_system_name": "sw01",
        "switch_system_description": "NX-OS",
        "switch_capabilities_support": ["Bridge", "Router"],
        "switch_capabilities_enabled": ["Bridge", "Router"],
        "switch_mgmt_addresses": ["192.168.1.1"],
        "switch_port_untagged_vlan_id": 101,
        "switch_port_protocol_vlan_support": True,
        "switch_port_protocol_vlan_enabled": True,
        "switch_port_protocol_vlan_ids": [200, 0],
        "switch_protocol_identities": ["88cc"],
        "switch_port_management_vlan_id": 201,
        "switch_port_vlans": [{"id": 101, "name": "vlan-101"}],
        "switch_port_mtu": 1522,
        "switch_port_autonegotiation_support": True,
        "switch_port_autonegotiation_enabled": True,
        "switch_port_physical_capabilities": [
            "1000BASE-T fdx",
            "100BASE-TX fdx",
            "100BASE-TX hdx",
            "10BASE-T fdx",
            "10BASE-T hdx",
            "Asym and Sym PAUSE fdx",
        ],
        "switch_port_mau_type": "100BASE-TX full duplex",
        "switch_port_link_aggregation_support": True,
        "switch_port_link_aggregation_enabled": False,
        "switch_port_link_aggregation_id": 0,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        [1, "04112233"],  # a MAC address of three bytes
        [2, "0403ffffffff"],  # an address of an unknown family
        [5, "ff"],  # not UTF-8
        [5, b"a\x1b[2J".hex()],  # an escape sequence for a terminal
        [5, "zz"],
        [5, "41" * 512],  # longer than a value can be
        [7, "00"],
        [8, "ff01c0a80101"],  # a length beyond the end
        [8, "00"],
        [8, "01"],
        [127, "0080c2030065ff" + b"short".hex()],  # the same for the name of a VLAN
        [127, "0080c201"],
        [127, "0080"],
        ["5", b"sw01".hex()],
        [5, b"sw01".hex(), 1],
        [5],
        "5",
        None,
    ],
)
def test_what_is_malformed_is_left_out(wrong: Any) -> None:
    assert lldp.parse([wrong, [4, b"good".hex()]]) == {"switch_port_description": "good"}


@pytest.mark.parametrize("raw", [None, {}, "x", 5, [[]]])
def test_what_is_no_list(raw: Any) -> None:
    assert lldp.parse(raw) == {}


def test_floods_are_cut_off() -> None:
    addresses = [[8, f"0501{number:08x}"] for number in range(1, 10_000)]
    assert len(lldp.parse(addresses)["switch_mgmt_addresses"]) == 64
    late = [[3, "0078"]] * 10_000 + [[5, b"sw01".hex()]]
    assert lldp.parse(late) == {}


@given(
    st.lists(
        st.tuples(st.integers(0, 130), st.binary(max_size=40)).map(lambda t: [t[0], t[1].hex()])
    )
)
def test_anything_may_come_over_the_wire(raw: list[Any]) -> None:
    json.dumps(lldp.parse(raw))


def test_the_first_of_a_kind_counts() -> None:
    again = [
        [1, "04aaaaaaaaaaaa"],
        [2, "05" + b"other".hex()],
        [4, b"other".hex()],
        [5, b"other".hex()],
        [6, b"other".hex()],
        [7, "00000000"],
        [127, "0080c2010001"],
        [127, "0080c2020000c8"],
        [127, "0080c2060001"],
        [127, "00120f0400ff"],
        [127, "00120f01000000001e"],
        [127, "00120f030000000001"],
    ]
    assert lldp.parse(SWITCH + again) == lldp.parse(SWITCH)
    # A malformed value is ignored.
    assert lldp.parse([[5, "ff"], [5, b"sw01".hex()]]) == {"switch_system_name": "sw01"}


def test_texts_of_several_lines() -> None:
    text = "Arista Networks EOS\r\nversion 4.2\tof today\n"
    assert lldp.parse([[6, text.encode().hex()]]) == {"switch_system_description": text}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "Unknown"),
        (11, "10BASE-T full duplex"),
        (30, "1000BASE-T full duplex"),
        (36, "10GBASE-SR"),
        (53, "1000BASE-PX20U"),
    ],
)
def test_kinds_of_medium(number: int, name: str) -> None:
    found = lldp.parse([[127, f"00120f01030000{number:04x}"]])
    assert found["switch_port_mau_type"] == name


def test_a_medium_that_is_newer_than_the_list() -> None:
    assert lldp.parse([[127, "00120f0103000001ff"]]) == {
        "switch_port_autonegotiation_support": True,
        "switch_port_autonegotiation_enabled": True,
        "switch_port_physical_capabilities": [],
    }
