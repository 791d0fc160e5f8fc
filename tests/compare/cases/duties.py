# SPDX-License-Identifier: Apache-2.0
"""Changes of a node and of its parts by each role, in states with an instance and in failed states.

The chapter ``roles`` has a node at rest; this one shows whether access is checked before state and maintenance, and
whether these change what a role may do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.compare import world
from tests.compare.case import NEWEST, Case, Scene
from tests.compare.identity import STRANGER, USERS

_NODE = "/nodes/{node}"
_PROVISION = f"{_NODE}/states/provision"
_RESET = [{"interface": "bios", "step": "factory_reset"}]

Asked = tuple[str, str, Any]


def _verb(target: str, **more: Any) -> Asked:
    return ("PUT", _PROVISION, {"target": target, **more})


def _state(name: str, target: Any) -> Asked:
    return ("PUT", f"{_NODE}/states/{name}", {"target": target})


def _patch(path: str, field: str, value: Any, operation: str = "add") -> Asked:
    entry = {"op": operation, "path": f"/{field}"}
    if operation != "remove":
        entry["value"] = value
    return ("PATCH", path, [entry])


_VERBS: tuple[Asked, ...] = (
    *map(_verb, ("manage", "provide", "inspect", "active", "rebuild", "deleted", "undeploy")),
    *map(_verb, ("adopt", "abort", "unhold", "unrescue")),
    _verb("active", configdrive={"meta_data": {"a": 1}}),
    _verb("rebuild", deploy_steps=[{**_RESET[0], "priority": 50, "args": {}}]),
    _verb("clean", clean_steps=_RESET),
    _verb("service", service_steps=_RESET),
    _verb("clean", runbook="{runbook}"),
    _verb("rescue", rescue_password="secret"),
)
_STATES: tuple[Asked, ...] = (
    *(_state("power", target) for target in ("power on", "power off", "rebooting")),
    _state("boot_mode", "bios"),
    _state("secure_boot", True),
    ("PUT", f"{_NODE}/states/console", {"enabled": True}),
    ("PUT", f"{_NODE}/states/raid", {"logical_disks": []}),
    ("PUT", f"{_NODE}/maintenance", {"reason": "a disk"}),
    ("DELETE", f"{_NODE}/maintenance", None),
    ("PUT", f"{_NODE}/management/boot_device", {"boot_device": "pxe"}),
    ("PUT", f"{_NODE}/management/inject_nmi", {}),
    ("POST", f"{_NODE}/vifs", {"id": "{new}"}),
    ("DELETE", f"{_NODE}/vifs/{{new}}", None),
    ("POST", f"{_NODE}/vendor_passthru/second_method", {"bar": "kazoo"}),
    ("PUT", f"{_NODE}/traits", {"traits": ["CUSTOM_B"]}),
    ("DELETE", f"{_NODE}/traits/CUSTOM_A", None),
)
_FIELDS: tuple[Asked, ...] = (
    *(
        _patch(_NODE, field, value)
        for field, value in (
            ("extra/x", 1),
            ("instance_info/x", 1),
            ("driver_info/x", 1),
            ("properties/x", 1),
            ("name", "nu"),
            ("description", "text"),
            ("instance_uuid", "{new}"),
            ("instance_name", "nu"),
            ("resource_class", "other"),
            ("owner", "{stranger-project}"),
            ("lessee", "{stranger-project}"),
            ("deploy_interface", "fake"),
            ("driver", "fake-hardware"),
            ("network_data", {"links": [], "networks": [], "services": []}),
            ("automated_clean", True),
            ("maintenance", True),
            ("protected", True),
            ("retired", True),
            ("chassis_uuid", "{chassis}"),
            ("shard", "s2"),
            ("conductor_group", "nowhere"),
            ("disable_power_off", True),
        )
    ),
    _patch(_NODE, "instance_uuid", None, "remove"),
    _patch(_NODE, "instance_info", None, "remove"),
    ("DELETE", _NODE, None),
)
_PARTS: tuple[Asked, ...] = (
    ("POST", "/ports", {"uuid": "{new}", "address": "02:00:00:00:00:99", "node_uuid": "{node}"}),
    ("POST", "/portgroups", {"uuid": "{new}", "node_uuid": "{node}"}),
    (
        "POST",
        "/volume/connectors",
        {"uuid": "{new}", "node_uuid": "{node}", "type": "ip", "connector_id": "192.0.2.1"},
    ),
    (
        "POST",
        "/volume/targets",
        {
            "uuid": "{new}",
            "node_uuid": "{node}",
            "volume_type": "iscsi",
            "volume_id": "v",
            "boot_index": 7,
        },
    ),
    ("POST", "/allocations", {"uuid": "{new}", "name": "nu", "node": "{node}"}),
    ("POST", "/allocations", {"uuid": "{new}", "name": "nu", "resource_class": "metal"}),
    _patch("/ports/{port}", "extra/x", 1),
    _patch("/ports/{port}", "address", "02:00:00:00:00:98", "replace"),
    _patch("/ports/{port}", "pxe_enabled", False, "replace"),
    _patch("/portgroups/{portgroup}", "address", "02:00:00:00:00:97", "replace"),
    _patch("/volume/connectors/{connector}", "connector_id", "x", "replace"),
    _patch("/volume/targets/{target}", "volume_id", "x", "replace"),
    ("DELETE", "/ports/{port}", None),
    ("DELETE", "/portgroups/{empty_group}", None),
    ("DELETE", "/volume/connectors/{connector}", None),
    ("DELETE", "/volume/targets/{target}", None),
)
_READING: tuple[Asked, ...] = (
    ("GET", _NODE, None),
    ("GET", f"{_NODE}/states", None),
    ("GET", f"{_NODE}/validate", None),
    ("GET", f"{_NODE}/states/console", None),
    ("GET", f"{_NODE}/management/boot_device", None),
)
_EVERYTHING = (*_VERBS, *_STATES, *_FIELDS, *_PARTS, *_READING)

_EVERYWHERE = (
    world.scene("manageable", maintenance=True),
    *(
        world.scene(state, maintenance=maintenance)
        for state in ("available", "active", "deploy failed", "clean wait")
        for maintenance in (False, True)
    ),
)
_FEW = ("system-member", "owner-member", "lessee-member", "lessee-admin")


def _with(scene: Scene, name: str, **columns: Any) -> Scene:
    return Scene(f"{scene.name}, {name}", {**scene.columns, **columns})


_ONLY_FEW = (
    *map(
        world.scene, ("enroll", "inspect wait", "clean failed", "rescue", "service wait", "error")
    ),
    world.LOCKED,
    _with(world.ACTIVE, "protected", protected=True),
    _with(world.AVAILABLE, "retired", retired=True),
)
"""Scenes in which those who share a node are asked alone."""


def cases() -> Iterator[Case]:
    for who, (group, role) in USERS.items():
        scenes = (*_EVERYWHERE, *(_ONLY_FEW if who in _FEW else ()))
        may_nothing = group == STRANGER or role in ("reader", "service")
        for scene in scenes[:3] if may_nothing else scenes:
            for method, path, body in _EVERYTHING:
                yield Case("duties", method, path, body, NEWEST, scene, who)
