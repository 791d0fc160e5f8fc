# SPDX-License-Identifier: Apache-2.0
"""Values for fields, by the kind of field: valid, at the limits, and invalid."""

from __future__ import annotations

from typing import Any

_ANY_BAD: tuple[Any, ...] = (None, 1, True, [], {}, "")

TEXT: tuple[Any, ...] = ("x", "x" * 255, "x" * 256, "Ünïcode", " blank ", *_ANY_BAD)
LONG: tuple[Any, ...] = ("x" * 4096, "x" * 4097, *_ANY_BAD)
NAMES: tuple[Any, ...] = (
    "plain",
    "UPPER",
    "with.dot",
    "with_underscore",
    "with~tilde",
    "-dash",
    "two words",
    "slash/ed",
    "col:on",
    "Dell-CR1MB0:NIC.Integrated.1-1",
    "Кириллица",
    "a%b",
    "1",
    "{missing}",
    "{new}",
    "x" * 255,
    "x" * 256,
    "name.json",
    *_ANY_BAD,
)
UUIDS: tuple[Any, ...] = (
    "{missing}",
    "F0000000-0000-4000-8000-000000000009",
    "nonsense",
    *_ANY_BAD,
)
FLAGS: tuple[Any, ...] = (True, False, "true", "False", "yes", "nonsense", 1, 0, 2, None, [], "")
OBJECTS: tuple[Any, ...] = ({}, {"a": {"b": [1, None]}}, [], "x", 1, None, {"": 1}, {"a/b": 1})
LISTS: tuple[Any, ...] = ([], ["x"], [1], {}, "x", None, ["CUSTOM_A", "CUSTOM_A"])
NUMBERS: tuple[Any, ...] = (0, 1, -1, "1", 1.5, 2**31, 2**63, 2**70, "x", None, True, [])
MACS: tuple[Any, ...] = (
    "02:00:00:00:00:0A",
    "02-00-00-00-00-0b",
    "02000000000c",
    "02:00:00:00:00",
    "nonsense",
    *_ANY_BAD,
)
SIZES: tuple[Any, ...] = (10, "10", 0, -1, "-1", "", "eight", None, 1.5, True, "1.5", [])
TRAITS: tuple[Any, ...] = (
    ["CUSTOM_B"],
    ["HW_CPU_X86_VMX"],
    ["HW_NO_SUCH_TRAIT"],
    ["custom_b"],
    ["CUSTOM_" + "X" * 248],
    ["CUSTOM_" + "X" * 249],
    [],
    ["CUSTOM_B", "CUSTOM_B"],
    ["CUSTOM_B "],
    [1],
    "CUSTOM_B",
    None,
    {},
)
LINKS: tuple[Any, ...] = (
    {},
    {"switch_id": "02:00:00:00:09:01", "port_id": "e1"},
    {"switch_id": "02:00:00:00:09:01", "port_id": "e1", "switch_info": "s"},
    {"switch_id": "0000000000000001", "port_id": "e1"},
    {"switch_id": "0x0000000000000001", "port_id": "e1"},
    {"switch_id": "00:00:00:00:00:00:00:01", "port_id": "e1"},
    {"switch_id": "nonsense", "port_id": "e1"},
    {"switch_id": "02:00:00:00:09:01"},
    {"port_id": "e1"},
    {"switch_info": "s"},
    {"hostname": "h", "port_id": "e1"},
    {"hostname": "h"},
    {"switch_id": "02:00:00:00:09:01", "port_id": "e1", "hostname": "h"},
    {"network_type": "unmanaged"},
    {"network_type": "managed"},
    {"network_type": "nonsense"},
    {"network_type": "unmanaged", "port_id": "e1"},
    {"network_type": "unmanaged", "switch_id": "02:00:00:00:09:01", "port_id": "e1"},
    {"network_type": "managed", "switch_id": "02:00:00:00:09:01", "port_id": "e1"},
    {"network_type": "unmanaged", "nonsense": 1},
    {"switch_id": "02:00:00:00:09:01", "port_id": "e1", "nonsense": 1},
    {"switch_id": "02:00:00:00:09:01", "port_id": 1},
    {"switch_id": "02:00:00:00:09:01", "port_id": None},
    {"switch_id": "", "port_id": ""},
    {"vtep-logical-switch": "l", "vtep-physical-switch": "p", "port_id": "e1"},
    {"vtep-logical-switch": "l", "vtep-physical-switch": "p"},
    {"vtep-logical-switch": "l", "port_id": "e1"},
    {
        "vtep-logical-switch": "l",
        "vtep-physical-switch": "p",
        "port_id": "e1",
        "switch_id": "02:00:00:00:09:01",
    },
    {"vtep-logical-switch": "l", "vtep-physical-switch": "p", "port_id": "e1", "hostname": "h"},
    None,
    [],
    "x",
)
_NETWORK = {
    "links": [
        {"id": "l1", "type": "phy", "ethernet_mac_address": "02:00:00:00:00:01", "mtu": 1500}
    ],
    "networks": [{"id": "n1", "link": "l1", "type": "ipv4_dhcp", "network_id": "x"}],
    "services": [],
}
NETWORK_DATA: tuple[Any, ...] = (
    _NETWORK,
    {},
    {"links": [], "networks": [], "services": []},
    {"links": []},
    {**_NETWORK, "nonsense": []},
    {**_NETWORK, "links": [{}]},
    {**_NETWORK, "links": [{"id": "l1"}]},
    {**_NETWORK, "networks": [{"id": "n1"}]},
    {**_NETWORK, "networks": "x"},
    {**_NETWORK, "services": [{"type": "dns", "address": "192.0.2.1"}]},
    {**_NETWORK, "services": [{"type": "dns"}]},
    None,
    [],
)
STEPS_OF_TEMPLATES: tuple[Any, ...] = tuple(
    [
        step if isinstance(step, list) else [step]
        for step in (
            {"interface": "deploy", "step": "deploy", "args": {}, "priority": 1},
            {"interface": "deploy", "step": "deploy", "priority": 1},
            {"interface": "deploy", "step": "deploy", "args": {}},
            {"interface": "nonsense", "step": "deploy", "args": {}, "priority": 1},
            {"interface": "bios", "step": "", "args": {}, "priority": 1},
            {"interface": "bios", "step": "x", "args": {}, "priority": -1},
            {"interface": "bios", "step": "x", "args": {}, "priority": "1"},
            {"interface": "bios", "step": "x", "args": {}, "priority": "x"},
            {"interface": "bios", "step": "x", "args": [], "priority": 1},
            {"interface": "bios", "step": "x", "args": {}, "priority": 1, "nonsense": 1},
            {"interface": "bios", "step": "x" * 256, "args": {}, "priority": 1},
            [],
            ["x"],
        )
    ]
)
