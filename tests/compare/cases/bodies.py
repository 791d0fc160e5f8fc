# SPDX-License-Identifier: Apache-2.0
"""New records: every field with valid and invalid values, just below and at its microversion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.compare.case import Case, around, at
from tests.compare.cases import values

Values = tuple[Any, ...]

_STEPS = [{"interface": "deploy", "step": "deploy", "args": {}, "priority": 1}]
_ORDERED = [{"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}]
_ACTIONS = [{"op": "fail", "args": {"msg": "x"}}]

RESOURCES: dict[str, tuple[int, dict[str, Any], dict[str, tuple[int, Values]]]] = {
    "/nodes": (
        1,
        {"driver": "fake-hardware"},
        {
            "uuid": (1, ("{new}", "{node}", *values.UUIDS)),
            "name": (5, ("alpha", "detail", "states", *values.NAMES)),
            "driver": (1, ("ipmi", "nonsense", *values.TEXT)),
            "driver_info": (1, values.OBJECTS),
            "properties": (
                1,
                (
                    *values.OBJECTS,
                    *({"local_gb": size} for size in values.SIZES),
                    *({"cpus": size} for size in ("", "x", -1)),
                    *({"memory_mb": size} for size in ("", "x", -1)),
                    *({"capabilities": text} for text in ("a:b", "a", "", {"a": "b"}, 1)),
                ),
            ),
            "extra": (1, values.OBJECTS),
            "instance_info": (1, values.OBJECTS),
            "instance_uuid": (1, ("{new}", "{instance}", *values.UUIDS)),
            "instance_name": (104, values.TEXT),
            "chassis_uuid": (1, ("{chassis}", *values.UUIDS)),
            "maintenance": (1, values.FLAGS),
            "maintenance_reason": (1, ("x",)),
            "automated_clean": (47, values.FLAGS),
            "protected": (48, values.FLAGS),
            "protected_reason": (48, ("x",)),
            "retired": (61, values.FLAGS),
            "retired_reason": (61, ("x", None, 1)),
            "resource_class": (21, ("x" * 80, "x" * 81, *values.TEXT)),
            "conductor_group": (46, ("", "a", "A", "with blank", "no:colon", *values.TEXT)),
            "description": (51, values.LONG),
            "owner": (50, values.TEXT),
            "lessee": (65, values.TEXT),
            "shard": (82, values.TEXT),
            "parent_node": (83, ("{other}", "beta", "{new}", *values.UUIDS)),
            "network_data": (66, values.NETWORK_DATA),
            "network_interface": (20, ("noop", "flat", "nonsense", "", None, 1)),
            "boot_interface": (31, ("fake", "ipxe", "nonsense", "", None, 1)),
            "rescue_interface": (38, ("fake", "no-rescue", "", None)),
            "bios_interface": (40, ("fake", "no-bios", None)),
            "firmware_interface": (86, ("fake", "no-firmware", None)),
            "storage_interface": (33, ("noop", "fake", "cinder", None)),
            "disable_power_off": (95, values.FLAGS),
            "boot_mode": (75, ("uefi", "bios", "nonsense", None)),
            "secure_boot": (75, values.FLAGS),
            "traits": (37, (["CUSTOM_A"],)),
            "provision_state": (1, ("active", None)),
            "power_state": (1, ("power on", None)),
            "health": (109, ("OK",)),
            "fault": (42, ("x",)),
            "nonsense": (1, ("x",)),
        },
    ),
    "/ports": (
        1,
        {"node_uuid": "{node}", "address": "02:00:00:00:00:77"},
        {
            "uuid": (1, ("{new}", "{port}", *values.UUIDS)),
            "address": (1, ("02:00:00:00:00:01", *values.MACS)),
            "node_uuid": (1, ("{node}", "alpha", "nobody", *values.UUIDS)),
            "extra": (1, values.OBJECTS),
            "name": (88, ("eth0", *values.NAMES)),
            "description": (97, values.TEXT),
            "vendor": (100, ("x" * 32, "x" * 33, *values.TEXT)),
            "category": (101, ("x" * 80, "x" * 81, *values.TEXT)),
            "pxe_enabled": (19, values.FLAGS),
            "is_smartnic": (53, values.FLAGS),
            "local_link_connection": (19, values.LINKS),
            "physical_network": (34, ("x" * 64, "x" * 65, *values.TEXT)),
            "portgroup_uuid": (24, ("{portgroup}", "{empty_group}", "bond0", *values.UUIDS)),
            "available_for_dynamic_portgroup": (111, values.FLAGS),
            "internal_info": (18, ({},)),
            "nonsense": (1, ("x",)),
        },
    ),
    "/portgroups": (
        23,
        {"node_uuid": "{node}"},
        {
            "uuid": (23, ("{new}", "{portgroup}", *values.UUIDS)),
            "address": (23, ("02:00:00:00:01:01", *values.MACS)),
            "node_uuid": (23, ("alpha", "nobody", *values.UUIDS)),
            "name": (23, ("bond0", *values.NAMES)),
            "extra": (23, values.OBJECTS),
            "mode": (26, ("802.3ad", "4", *values.TEXT)),
            "properties": (26, values.OBJECTS),
            "standalone_ports_supported": (23, values.FLAGS),
            "physical_network": (102, ("x" * 64, "x" * 65, *values.TEXT)),
            "category": (103, ("x" * 80, "x" * 81, *values.TEXT)),
            "dynamic_portgroup": (111, values.FLAGS),
            "nonsense": (23, ("x",)),
        },
    ),
    "/chassis": (
        1,
        {},
        {
            "uuid": (1, ("{new}", "{chassis}", *values.UUIDS)),
            "description": (1, values.TEXT),
            "extra": (1, values.OBJECTS),
            "nonsense": (1, ("x",)),
        },
    ),
    "/volume/connectors": (
        32,
        {"node_uuid": "{node}", "type": "ip", "connector_id": "192.0.2.1"},
        {
            "uuid": (32, ("{new}", "{connector}", *values.UUIDS)),
            "node_uuid": (32, ("alpha", *values.UUIDS)),
            "type": (32, ("iqn", "wwnn", "wwpn", "mac", "port", "portgroup", *values.TEXT)),
            "connector_id": (32, values.TEXT),
            "extra": (32, values.OBJECTS),
            "nonsense": (32, ("x",)),
        },
    ),
    "/volume/targets": (
        32,
        {"node_uuid": "{node}", "volume_type": "iscsi", "boot_index": 1, "volume_id": "v2"},
        {
            "uuid": (32, ("{new}", "{target}", *values.UUIDS)),
            "node_uuid": (32, ("alpha", *values.UUIDS)),
            "volume_type": (32, ("fibre_channel", *values.TEXT)),
            "volume_id": (32, values.TEXT),
            "boot_index": (32, values.NUMBERS),
            "properties": (32, values.OBJECTS),
            "extra": (32, values.OBJECTS),
            "nonsense": (32, ("x",)),
        },
    ),
    "/allocations": (
        52,
        {"resource_class": "none-such"},
        {
            "uuid": (52, ("{new}", "{allocation}", *values.UUIDS)),
            "name": (52, ("taken", *values.NAMES)),
            "resource_class": (52, ("x" * 80, "x" * 81, *values.TEXT)),
            "traits": (52, values.TRAITS),
            "candidate_nodes": (
                52,
                (
                    ["{node}"],
                    ["alpha"],
                    ["nobody"],
                    ["{missing}"],
                    ["alpha", "{node}"],
                    *values.LISTS,
                ),
            ),
            "extra": (52, values.OBJECTS),
            "owner": (60, values.TEXT),
            "node": (58, ("{tenant}", "{node}", "{other}", "beta", "nobody", *values.UUIDS)),
            "state": (52, ("active",)),
            "node_uuid": (52, ("{node}",)),
            "nonsense": (52, ("x",)),
        },
    ),
    "/deploy_templates": (
        55,
        {"name": "CUSTOM_NEW", "steps": _STEPS},
        {
            "uuid": (55, ("{new}", "{template}", *values.UUIDS)),
            "name": (55, ("CUSTOM_T", "HW_CPU_X86_VMX", "CUSTOM_x", *values.NAMES)),
            "steps": (55, (*values.STEPS_OF_TEMPLATES, _STEPS * 2, "x", None)),
            "extra": (55, values.OBJECTS),
            "nonsense": (55, ("x",)),
        },
    ),
    "/runbooks": (
        92,
        {"name": "CUSTOM_NEW", "steps": _ORDERED},
        {
            "uuid": (92, ("{new}", "{runbook}", *values.UUIDS)),
            "name": (92, ("CUSTOM_A", "HW_CPU_X86_VMX", *values.NAMES)),
            "steps": (
                92,
                (
                    *([{**_ORDERED[0], "order": order}] for order in values.NUMBERS),
                    _ORDERED * 2,
                    [],
                    [{"interface": "bios", "step": "x"}],
                    [{"interface": "bios", "step": "x", "order": 1}],
                    "x",
                    None,
                ),
            ),
            "extra": (92, values.OBJECTS),
            "public": (92, values.FLAGS),
            "owner": (92, values.TEXT),
            "disable_ramdisk": (92, values.FLAGS),
            "description": (112, values.TEXT),
            "traits": (112, values.TRAITS),
            "nonsense": (92, ("x",)),
        },
    ),
    "/inspection_rules": (
        96,
        {"actions": _ACTIONS, "conditions": []},
        {
            "uuid": (96, ("{new}", "{rule}", *values.UUIDS)),
            "description": (96, values.TEXT),
            "phase": (96, ("main", "preprocess", *values.TEXT)),
            "priority": (96, values.NUMBERS),
            "sensitive": (96, values.FLAGS),
            "actions": (
                96,
                (
                    [{"op": "nonsense", "args": {}}],
                    [{"op": "fail"}],
                    [{"op": "fail", "args": {"msg": "x", "more": 1}}],
                    [{"op": "set-attribute", "args": {"path": "/name", "value": "x"}}],
                    [{"op": "log", "args": {"msg": "x"}}],
                    [],
                    {},
                    None,
                ),
            ),
            "conditions": (
                96,
                (
                    [{"op": "eq", "args": {"values": [1, 1]}}],
                    [{"op": "!is-none", "args": {"value": "x"}}],
                    [{"op": "nonsense", "args": {}}],
                    {},
                    None,
                ),
            ),
            "nonsense": (96, ("x",)),
        },
    ),
}

_PLAIN = [
    ("/nodes/{node}/traits", "PUT", [{"traits": each} for each in values.TRAITS]),
    ("/runbooks/{runbook}/traits", "PUT", [{"traits": each} for each in values.TRAITS]),
    (
        "/nodes/{node}/vifs",
        "POST",
        [
            {"id": "{new}"},
            {"id": "name"},
            {"id": ""},
            {"id": None},
            {"id": "{new}", "port_uuid": "{port}"},
            {"id": "{new}", "port_uuid": "nonsense"},
            {"id": "{new}", "portgroup_uuid": "{portgroup}"},
            {"id": "{new}", "port_uuid": "{port}", "portgroup_uuid": "{portgroup}"},
            {"id": "{new}", "nonsense": 1},
            {"nonsense": 1},
            [],
        ],
    ),
    (
        "/nodes/{node}/states/raid",
        "PUT",
        [
            {"logical_disks": [{"size_gb": 100, "raid_level": "1"}]},
            {"logical_disks": [{"size_gb": "MAX", "raid_level": "0", "is_root_volume": True}]},
            {"logical_disks": [{"size_gb": -1, "raid_level": "1"}]},
            {"logical_disks": [{"raid_level": "1"}]},
            {"logical_disks": [{"size_gb": 100, "raid_level": "nonsense"}]},
            {"logical_disks": []},
            {"nonsense": 1},
            {},
            [],
            "x",
        ],
    ),
    (
        "/nodes/{node}/management/boot_device",
        "PUT",
        [
            {"boot_device": "pxe"},
            {"boot_device": "pxe", "persistent": True},
            {"boot_device": "pxe", "persistent": "yes"},
            {"boot_device": "pxe", "persistent": "nonsense"},
            {"boot_device": "disk"},
            {"boot_device": "nonsense"},
            {"boot_device": None},
            {"boot_device": 1},
            {"persistent": True},
            {"boot_device": "pxe", "nonsense": 1},
            [],
        ],
    ),
    (
        "/nodes/{node}/management/indicators/led@chassis",
        "PUT",
        [{"state": "ON"}, {"state": "on"}, {"state": "nonsense"}, {"state": None}, {"x": 1}],
    ),
    (
        "/nodes/{node}/states/console",
        "PUT",
        [{"enabled": each} for each in values.FLAGS] + [{"enabled": True, "x": 1}, []],
    ),
    (
        "/nodes/{node}/states/power",
        "PUT",
        [
            *(
                {"target": each}
                for each in (
                    "power on",
                    "power off",
                    "rebooting",
                    "soft power off",
                    "soft rebooting",
                    "on",
                    "",
                    None,
                    1,
                )
            ),
            *({"target": "power on", "timeout": each} for each in values.NUMBERS),
            {"target": "power on", "nonsense": 1},
        ],
    ),
    (
        "/nodes/{node}/states/boot_mode",
        "PUT",
        [{"target": each} for each in ("uefi", "bios", "UEFI", "nonsense", None, 1)],
    ),
    ("/nodes/{node}/states/secure_boot", "PUT", [{"target": each} for each in values.FLAGS]),
    (
        "/nodes/{node}/maintenance",
        "PUT",
        [{"reason": each} for each in values.TEXT] + [{"x": 1}, []],
    ),
    (
        "/nodes/{node}/vmedia",
        "POST",
        [
            {"device_type": "cdrom", "image_url": "http://127.0.0.1:1/i"},
            {"device_type": "nonsense", "image_url": "http://127.0.0.1:1/i"},
            {"device_type": "cdrom", "image_url": "nonsense"},
            {"device_type": "cdrom"},
            {"device_type": "cdrom", "image_url": "http://127.0.0.1:1/i", "x": 1},
        ],
    ),
    ("/nodes/{node}/vendor_passthru/first_method", "POST", [{"bar": "x"}, {}, [], {"bar": 1}]),
    ("/nodes/{node}/vendor_passthru/second_method", "POST", [{"bar": "x"}, {}]),
    ("/nodes/{node}/vendor_passthru/third_method_sync", "POST", [{"bar": "meow"}, {"bar": "x"}]),
    ("/nodes/{node}/vendor_passthru?method=first_method", "POST", [{"bar": "x"}]),
    ("/nodes/{node}/vendor_passthru/nonsense", "POST", [{"bar": "x"}]),
    ("/drivers/fake-hardware/vendor_passthru/nonsense", "POST", [{"bar": "x"}]),
    ("/nodes", "POST", [[], "x", "{nonsense", "", 1]),
    ("/ports", "POST", [[], "{nonsense", {}, {"node_uuid": "{node}"}]),
    ("/allocations", "POST", [{}, [], {"name": "x"}]),
]

_WITH_VERSIONS = {
    "/nodes/{node}/vifs": around(67),
    "/nodes/{node}/states/power": around(27),
    "/ports": (18, 19, 63, 64, 89, 90, 93, 94, 104, 105),
}


def cases() -> Iterator[Case]:
    for path, (since, base, fields) in RESOURCES.items():
        yield from at(around(since), Case("bodies", "POST", path, base))
        for name, (field_since, tried) in fields.items():
            minors = tuple(minor for minor in around(field_since) if minor >= since)
            for index, value in enumerate(tried):
                case = Case("bodies", "POST", path, {**base, name: value})
                yield from at(minors if index in (0, len(tried) - 1) else minors[-1:], case)
        for name in base:
            yield Case("bodies", "POST", path, {k: v for k, v in base.items() if k != name})
    yield from _links()
    yield from _idents()
    for path, method, tried in _PLAIN:
        for value in tried:
            minors = _WITH_VERSIONS.get(path, ()) if path != "/ports" else ()
            case = Case("bodies", method, path, value)
            yield from at((*minors, case.minor), case)


def _links() -> Iterator[Case]:
    base = {"node_uuid": "{node}", "address": "02:00:00:00:00:77"}
    for value in values.LINKS:
        case = Case("bodies", "POST", "/ports", {**base, "local_link_connection": value})
        yield from at(_WITH_VERSIONS["/ports"], case)


def _idents() -> Iterator[Case]:
    base = {"address": "02:00:00:00:00:77"}
    for ident in ("alpha", "{node}", "nobody", "{missing}", "", None, 1, "no/name"):
        for more in ({}, {"node_uuid": "{node}"}):
            case = Case("bodies", "POST", "/ports", {**base, **more, "node_ident": ident})
            yield from at(around(94), case)
