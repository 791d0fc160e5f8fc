# SPDX-License-Identifier: Apache-2.0
"""Queries of lists: filters, fields, sorting and paging, with valid and invalid values."""

from __future__ import annotations

from collections.abc import Iterator

from tests.compare.case import NEWEST, Case, around, at

_UUIDS = ("{node}", "{missing}", "alpha", "nonsense/", "")
_NAMES = ("alpha", "nobody", "", "two%20words", "x" * 256)
_FLAGS = ("True", "false", "1", "nonsense", "")
_NUMBERS = ("1", "0", "-1", "nonsense", "99999999999999999999", "")
_TEXTS = ("metal", "none", "", "x" * 256, "%C3%A4")

FILTERS: dict[str, dict[str, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    "/nodes": {
        "instance_uuid": (("{instance}", *_UUIDS), around(2)),
        "associated": (_FLAGS, around(2)),
        "maintenance": (_FLAGS, around(2)),
        "chassis_uuid": (("{chassis}", *_UUIDS), around(2)),
        "provision_state": (("active", "available", "none", "nonsense", ""), around(9)),
        "driver": (("fake-hardware", *_TEXTS), around(16)),
        "resource_class": (("Metal", "metal%20", *_TEXTS), around(21)),
        "fault": (("power%20failure", "none", "nonsense", ""), around(42)),
        "conductor_group": (_TEXTS, around(46)),
        "conductor": (("compare", *_TEXTS), around(49)),
        "owner": (_TEXTS, around(50)),
        "description_contains": (("one", *_TEXTS), around(51)),
        "retired": (_FLAGS, around(61)),
        "lessee": (_TEXTS, around(65)),
        "project": (_TEXTS, around(65)),
        "shard": (("s1", "s1,s2", *_TEXTS), around(82)),
        "sharded": (_FLAGS, around(82)),
        "include_children": (_FLAGS, around(83)),
        "parent_node": (("{other}", "beta", *_UUIDS), around(83)),
        "instance_name": (("server", *_TEXTS), around(104)),
        "detail": (_FLAGS, around(43)),
        "nonsense": (("1",), around(2)),
    },
    "/nodes/detail": {
        "detail": (_FLAGS, around(43)),
        "fields": (("uuid",), around(8)),
        "resource_class": (("metal",), around(21)),
        "conductor": (("compare", "none"), around(49)),
        "instance_name": (("server",), around(104)),
        "include_children": (_FLAGS, around(83)),
    },
    "/ports": {
        "node": (_UUIDS, around(5, 6)),
        "node_uuid": (_UUIDS, around(5)),
        "address": (
            ("02:00:00:00:00:01", "02:00:00:00:00:99", "02:00:00:00:00:0A", "nonsense", ""),
            around(2),
        ),
        "portgroup": (("{portgroup}", "bond0", *_UUIDS), around(24)),
        "shard": (("s1", "none", ""), around(82)),
        "conductor_groups": (("a", "a,b", ""), around(99)),
        "description_contains": (("first", *_TEXTS), around(97)),
        "name": (("eth0",), around(88)),
        "physical_network": (("physnet1",), around(34)),
        "detail": (_FLAGS, around(43)),
        "nonsense": (("1",), around(2)),
    },
    "/ports/detail": {
        "node": (_UUIDS, around(5, 6)),
        "address": (("02:00:00:00:00:01", "nonsense"), around(2)),
        "shard": (("s1", "none"), around(82)),
        "description_contains": (("first",), around(97)),
        "fields": (("uuid",), around(8)),
        "detail": (_FLAGS, around(43)),
    },
    "/portgroups": {
        "node": (_UUIDS, around(23)),
        "address": (("02:00:00:00:01:01", "02:00:00:00:01:99", "nonsense", ""), around(23)),
        "shard": (("s1", "none", ""), around(106)),
        "conductor_groups": (("a", "a,b", ""), around(99)),
        "detail": (_FLAGS, around(43)),
        "node_uuid": (("{node}",), around(23)),
    },
    "/portgroups/detail": {
        "node": (_UUIDS, around(23)),
        "address": (("02:00:00:00:01:01",), around(23)),
        "shard": (("s1", "none"), around(106)),
        "conductor_groups": (("a",), around(99)),
    },
    "/nodes/{node}/ports": {"detail": (_FLAGS, around(43)), "address": (("x",), around(2))},
    "/nodes/{node}/portgroups": {
        "detail": (_FLAGS, around(43)),
        "address": (("02:00:00:00:01:01", "nonsense"), around(24)),
    },
    "/portgroups/{portgroup}/ports": {"detail": (_FLAGS, around(43))},
    "/chassis": {"detail": (_FLAGS, around(43)), "nonsense": (("1",), around(2))},
    "/volume/connectors": {"node": (_UUIDS, around(32)), "detail": (_FLAGS, around(43))},
    "/volume/targets": {"node": (_UUIDS, around(32)), "detail": (_FLAGS, around(43))},
    "/allocations": {
        "node": (("gamma", "{tenant}", *_UUIDS), around(52)),
        "resource_class": (("taken", *_TEXTS), around(52)),
        "state": (("active", "error", "nonsense", ""), around(52)),
        "owner": (_TEXTS, around(60)),
        "detail": (_FLAGS, around(52)),
    },
    "/drivers": {
        "type": (("dynamic", "classic", "nonsense", ""), around(30)),
        "detail": (_FLAGS, around(30)),
        "fields": (("name", "name,hosts", "nonsense", ""), around(77)),
    },
    "/drivers/fake-hardware": {"fields": (("name", "nonsense", ""), around(77))},
    "/conductors": {"detail": (_FLAGS, around(49))},
    "/deploy_templates": {"detail": (_FLAGS, around(55))},
    "/runbooks": {"detail": (_FLAGS, around(92)), "owner": (("x",), around(92))},
    "/inspection_rules": {
        "detail": (_FLAGS, around(96)),
        "phase": (("main", "preprocess", "nonsense"), around(96)),
        "scope": (("x",), around(96)),
    },
    "/nodes/{node}/bios": {"detail": (_FLAGS, around(74))},
    "/nodes/{node}/history": {"detail": (_FLAGS, around(78))},
    "/nodes/{node}/firmware": {"detail": (_FLAGS, around(86))},
    "/nodes/{node}/volume/connectors": {"detail": (_FLAGS, around(43))},
    "/shards": {"nonsense": (("1",), around(82))},
}

SORTED: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
    "/nodes": (
        1,
        (
            "uuid",
            "name",
            "driver",
            "provision_state",
            "resource_class",
            "owner",
            "instance_name",
            "network_interface",
            "conductor_group",
            "driver_info",
            "traits",
            "chassis_uuid",
            "health",
            "retired",
            "fault",
        ),
        ("{node}", "{missing}", "alpha"),
    ),
    "/ports": (1, ("uuid", "address", "name", "portgroup_uuid", "node_uuid"), ("{port}", "eth0")),
    "/portgroups": (23, ("uuid", "address", "name", "mode"), ("{portgroup}", "bond0")),
    "/chassis": (1, ("uuid", "description", "extra"), ("{chassis}", "{missing}")),
    "/volume/connectors": (32, ("uuid", "type", "node_uuid"), ("{connector}", "{missing}")),
    "/volume/targets": (32, ("uuid", "boot_index"), ("{target}", "{missing}")),
    "/allocations": (
        52,
        ("uuid", "name", "state", "node_uuid", "candidate_nodes"),
        ("{allocation}", "taken", "{missing}"),
    ),
    "/conductors": (49, ("hostname", "alive", "drivers"), ("compare", "nobody")),
    "/deploy_templates": (55, ("uuid", "name", "steps"), ("{template}", "CUSTOM_T", "{missing}")),
    "/runbooks": (92, ("uuid", "name", "owner"), ("{runbook}", "CUSTOM_A", "{missing}")),
    "/inspection_rules": (96, ("uuid", "priority", "phase"), ("{rule}", "{missing}")),
    "/nodes/{node}/history": (78, ("uuid", "severity"), ("{missing}", "nonsense")),
}

_FIELDS = {
    "/nodes": (
        "uuid,name",
        "uuid,uuid",
        "nonsense",
        "links",
        "ports",
        "driver_internal_info",
        "clean_step",
        "resource_class",
        "portgroups",
        "states",
        "volume",
        "network_interface",
        "traits",
        "fault",
        "protected",
        "conductor",
        "owner",
        "description",
        "allocation_uuid",
        "retired",
        "lessee",
        "network_data",
        "boot_mode",
        "shard",
        "parent_node",
        "firmware_interface",
        "service_step",
        "disable_power_off",
        "instance_name",
        "health",
        "",
    ),
    "/ports": (
        "uuid,address",
        "nonsense",
        "links",
        "internal_info",
        "portgroup_uuid",
        "physical_network",
        "is_smartnic",
        "name",
        "description",
        "vendor",
        "category",
        "available_for_dynamic_portgroup",
        "node_ident",
        "",
    ),
    "/portgroups": (
        "uuid",
        "mode",
        "physical_network",
        "category",
        "dynamic_portgroup",
        "nonsense",
    ),
    "/chassis": ("uuid", "nodes", "links", "nonsense", "extra"),
    "/volume/connectors": ("uuid", "node_uuid", "nonsense"),
    "/volume/targets": ("uuid", "properties", "nonsense"),
    "/allocations": ("uuid", "owner", "node", "nonsense"),
    "/conductors": ("hostname", "drivers", "nonsense"),
    "/deploy_templates": ("uuid", "steps", "nonsense"),
    "/runbooks": ("uuid", "steps", "traits", "description", "nonsense"),
    "/inspection_rules": ("uuid", "actions", "sensitive", "nonsense"),
    "/nodes/{node}": ("uuid", "name", "health", "instance_name", "nonsense", "states"),
    "/ports/{port}": ("uuid", "name", "category", "nonsense"),
    "/portgroups/{portgroup}": ("uuid", "category", "nonsense"),
    "/chassis/{chassis}": ("uuid", "nonsense"),
    "/allocations/{allocation}": ("uuid", "owner", "nonsense"),
    "/nodes/{node}/firmware": ("component", "vendor", "nonsense"),
    "/nodes/{node}/bios": ("name", "unique", "nonsense"),
    "/nodes/{node}/history": ("uuid",),
    "/chassis/{chassis}/nodes": ("uuid", "nonsense"),
}
_FIELD_MINORS = (7, 8, 20, 36, 37, 42, 49, 50, 60, 74, 75, 82, 87, 88, 95, 96, 100, 103, 104, 108)


def _starting(minors: tuple[int, ...], since: int) -> tuple[int, ...]:
    return (*(minor for minor in minors if minor >= since), NEWEST)


def cases() -> Iterator[Case]:
    for path, arguments in FILTERS.items():
        for name, (values, minors) in arguments.items():
            for index, value in enumerate(values):
                asked = Case("lists", "GET", f"{path}?{name}={value}")
                yield from at(minors if index == 0 else (NEWEST,), asked)
    for path, (since, keys, markers) in SORTED.items():
        for key in (*keys, "id", "nonsense", ""):
            yield from at((since, NEWEST), Case("lists", "GET", f"{path}?sort_key={key}&limit=1"))
        for direction in ("desc", "asc", "nonsense", ""):
            yield Case("lists", "GET", f"{path}?sort_dir={direction}")
        for limit in _NUMBERS:
            yield Case("lists", "GET", f"{path}?limit={limit}")
        for marker in (*markers, "nonsense", ""):
            yield Case("lists", "GET", f"{path}?marker={marker}")
        yield Case("lists", "GET", f"{path}?limit=1&limit=2")
    for path, fields in _FIELDS.items():
        since = SORTED.get(path, (1,))[0]
        for field in fields:
            yield from at(
                _starting(_FIELD_MINORS, since), Case("lists", "GET", f"{path}?fields={field}")
            )
        yield Case("lists", "GET", f"{path}?fields=uuid&detail=True")
