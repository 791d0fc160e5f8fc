# SPDX-License-Identifier: Apache-2.0
"""Patches of records: every field, set and removed, just below and at its microversion, and wrong paths."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tests.compare import world
from tests.compare.case import Case, Scene, around, at
from tests.compare.cases.bodies import RESOURCES

_RECORDS = {
    "/nodes": "/nodes/{node}",
    "/ports": "/ports/{port}",
    "/portgroups": "/portgroups/{portgroup}",
    "/chassis": "/chassis/{chassis}",
    "/volume/connectors": "/volume/connectors/{connector}",
    "/volume/targets": "/volume/targets/{target}",
    "/allocations": "/allocations/{failed_allocation}",
    "/deploy_templates": "/deploy_templates/{template}",
    "/runbooks": "/runbooks/{runbook}",
    "/inspection_rules": "/inspection_rules/{rule}",
}
_BEFORE = {"/allocations": 57}


def _set(field: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": f"/{field}", "value": value}]


_ODD: tuple[Any, ...] = (
    {},
    "x",
    [],
    [1],
    [{}],
    [{"op": "add"}],
    [{"path": "/extra"}],
    [{"op": "nonsense", "path": "/extra/a", "value": 1}],
    [{"op": "test", "path": "/extra/a", "value": 1}],
    [{"op": "move", "path": "/extra/a", "from": "/extra/b"}],
    [{"op": "add", "path": "/extra/a"}],
    [{"op": "add", "path": "extra/a", "value": 1}],
    [{"op": "add", "path": "/", "value": 1}],
    [{"op": "add", "path": "", "value": 1}],
    [{"op": "add", "path": "/extra/", "value": 1}],
    [{"op": "add", "path": "/extra/a b", "value": 1}],
    [{"op": "add", "path": "/extra/x~1y", "value": 1}],
    [{"op": "add", "path": "/extra/x/y", "value": 1}],
    [{"op": "add", "path": "/extra/new", "value": 1}],
    [{"op": "add", "path": "/extra", "value": {"n": 1}}],
    [{"op": "replace", "path": "/extra/nothing", "value": 1}],
    [{"op": "remove", "path": "/extra/nothing"}],
    [{"op": "remove", "path": "/extra"}],
    [{"op": "remove", "path": "/uuid"}],
    [{"op": "replace", "path": "/uuid", "value": "{new}"}],
    [{"op": "replace", "path": "/links", "value": []}],
    [{"op": "replace", "path": "/created_at", "value": None}],
    [{"op": "add", "path": "/extra/a", "value": 1, "nonsense": 1}],
    [{"op": "add", "path": "/extra/a", "value": 1}, {"op": "remove", "path": "/extra/a"}],
)
_NODE_ONLY: tuple[Any, ...] = (
    _set("provision_state", "active"),
    _set("last_error", None),
    _set("reservation", None),
    _set("driver_internal_info/x", 1),
    _set("maintenance_reason", "x"),
    _set("target_power_state", None),
    _set("raid_config", {}),
    _set("properties/local_gb", ""),
    _set("properties/local_gb", -1),
    _set("properties/cpus", "x"),
    _set("driver_info/some_password", "******"),
    _set("driver_info/a", "x"),
    _set("driver", "fake-hardware"),
    _set("driver", "nonsense"),
    [*_set("driver", "fake-hardware"), *_set("boot_interface", "fake")],
    _set("instance_info/display_name", "shown"),
    _set("instance_info/capabilities", "{}"),
    [*_set("protected", True), *_set("protected_reason", "x")],
    [*_set("retired", True), *_set("retired_reason", "x")],
    [{"op": "remove", "path": "/driver_info/a"}],
    [{"op": "remove", "path": "/instance_info"}],
    [{"op": "add", "path": "/driver_info/list", "value": [1]}],
)
_RESETS = (
    ("/nodes/{node}?reset_interfaces=True", _set("driver", "fake-hardware")),
    ("/nodes/{node}?reset_interfaces=False", _set("driver", "fake-hardware")),
    ("/nodes/{node}?reset_interfaces=nonsense", _set("driver", "fake-hardware")),
    ("/nodes/{node}?reset_interfaces=True", _set("extra/a", 1)),
    (
        "/nodes/{node}?reset_interfaces=True",
        [*_set("driver", "fake-hardware"), *_set("bios_interface", "no-bios")],
    ),
    ("/nodes/{node}?nonsense=1", _set("extra/a", 1)),
)
_OTHER_INTERFACES = dataclasses.replace(
    world.MANAGEABLE,
    name="manageable, other interfaces",
    columns={
        **world.MANAGEABLE.columns,
        "bios_interface": "no-bios",
        "inspect_interface": "no-inspect",
        "storage_interface": "fake",
    },
)


def cases() -> Iterator[Case]:
    for collection, path in _RECORDS.items():
        since, _, fields = RESOURCES[collection]
        since = _BEFORE.get(collection, since)
        for body in _ODD:
            yield Case("patches", "PATCH", path, body)
        for name, (field_since, tried) in fields.items():
            minors = tuple(minor for minor in around(field_since) if minor >= since)
            for index, value in enumerate(tried):
                case = Case("patches", "PATCH", path, _set(name, value))
                yield from at(minors if index == 0 else minors[-1:], case)
            gone = Case("patches", "PATCH", path, [{"op": "remove", "path": f"/{name}"}])
            yield from at(minors, gone)
    for body in _NODE_ONLY:
        yield Case("patches", "PATCH", "/nodes/{node}", body)
        yield Case("patches", "PATCH", "/nodes/{node}", body, scene=world.ACTIVE)
    for scene in (world.MANAGEABLE, _OTHER_INTERFACES):
        yield from _resets(scene)
    yield from _cabling()


def _resets(scene: Scene) -> Iterator[Case]:
    for path, body in _RESETS:
        yield from at(around(45), Case("patches", "PATCH", path, body, scene=scene))


def _cabling() -> Iterator[Case]:
    """Yield patches that move ports into port groups, out of them, and to other nodes while they are in one."""
    for path, bodies in {
        "/ports/{member}": (
            _set("physical_network", "physnet2"),
            _set("physical_network", None),
            _set("portgroup_uuid", "{empty_group}"),
            [{"op": "remove", "path": "/portgroup_uuid"}],
            _set("pxe_enabled", False),
            _set("node_uuid", "{other}"),
            _set("address", "02:00:00:00:00:99"),
        ),
        "/ports/{port}": (
            _set("portgroup_uuid", "{portgroup}"),
            [*_set("portgroup_uuid", "{portgroup}"), *_set("physical_network", "physnet2")],
            [*_set("portgroup_uuid", "{portgroup}"), *_set("physical_network", "physnet1")],
            _set("node_uuid", "{other}"),
        ),
        "/portgroups/{portgroup}": (
            _set("physical_network", "physnet2"),
            _set("standalone_ports_supported", False),
            _set("node_uuid", "{other}"),
        ),
    }.items():
        for body in bodies:
            yield from at((88, 101, 102, 115), Case("patches", "PATCH", path, body))
