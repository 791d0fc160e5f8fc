# SPDX-License-Identifier: Apache-2.0
"""Verbs and changes of a node in each provision state, with and without maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.compare import world
from tests.compare.case import NEWEST, Case, Scene, around, at

_PROVISION = "/nodes/{node}/states/provision"
_CLEAN = [{"interface": "deploy", "step": "erase_devices"}]
_VERBS: dict[str, tuple[int, dict[str, Any]]] = {
    "active": (1, {}),
    "deploy": (73, {}),
    "rebuild": (1, {}),
    "deleted": (1, {}),
    "undeploy": (73, {}),
    "manage": (4, {}),
    "provide": (4, {}),
    "inspect": (6, {}),
    "abort": (13, {}),
    "clean": (15, {"clean_steps": _CLEAN}),
    "adopt": (17, {}),
    "rescue": (38, {"rescue_password": "secret"}),
    "unrescue": (38, {}),
    "unhold": (85, {}),
    "service": (87, {"service_steps": _CLEAN}),
}


def _set(field: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": f"/{field}", "value": value}]


_REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("DELETE", "/nodes/{node}", None),
    ("PATCH", "/nodes/{node}", _set("extra/a", 2)),
    ("PATCH", "/nodes/{node}", _set("driver", "fake-hardware")),
    ("PATCH", "/nodes/{node}", _set("driver", "nonsense")),
    ("PATCH", "/nodes/{node}", _set("bios_interface", "no-bios")),
    ("PATCH", "/nodes/{node}", _set("network_interface", "noop")),
    ("PATCH", "/nodes/{node}", _set("resource_class", "other")),
    ("PATCH", "/nodes/{node}", _set("instance_uuid", "{new}")),
    ("PATCH", "/nodes/{node}", _set("instance_info/a", 1)),
    ("PATCH", "/nodes/{node}", _set("maintenance", True)),
    ("PATCH", "/nodes/{node}", _set("maintenance", False)),
    ("PATCH", "/nodes/{node}", _set("protected", True)),
    ("PATCH", "/nodes/{node}", _set("retired", True)),
    ("PATCH", "/nodes/{node}", _set("owner", "x")),
    ("PATCH", "/nodes/{node}", _set("conductor_group", "")),
    ("PATCH", "/nodes/{node}", _set("name", "renamed")),
    ("PUT", "/nodes/{node}/maintenance", {"reason": "x"}),
    ("DELETE", "/nodes/{node}/maintenance", None),
    ("PUT", "/nodes/{node}/states/power", {"target": "power on"}),
    ("PUT", "/nodes/{node}/states/power", {"target": "rebooting"}),
    ("PUT", "/nodes/{node}/states/console", {"enabled": True}),
    ("PUT", "/nodes/{node}/states/boot_mode", {"target": "bios"}),
    ("PUT", "/nodes/{node}/states/secure_boot", {"target": True}),
    ("PUT", "/nodes/{node}/states/raid", {"logical_disks": []}),
    ("PUT", "/nodes/{node}/management/boot_device", {"boot_device": "pxe"}),
    ("PUT", "/nodes/{node}/management/inject_nmi", {}),
    ("PUT", "/nodes/{node}/traits", {"traits": ["CUSTOM_B"]}),
    ("DELETE", "/nodes/{node}/traits/CUSTOM_A", None),
    ("POST", "/nodes/{node}/vifs", {"id": "{new}"}),
    ("POST", "/nodes/{node}/vendor_passthru/first_method", {"bar": "x"}),
    ("POST", "/ports", {"node_uuid": "{node}", "address": "02:00:00:00:00:77"}),
    ("PATCH", "/ports/{port}", _set("extra/a", 1)),
    ("PATCH", "/ports/{port}", _set("address", "02:00:00:00:00:78")),
    ("PATCH", "/ports/{port}", _set("pxe_enabled", False)),
    ("PATCH", "/ports/{port}", _set("physical_network", "x")),
    ("PATCH", "/ports/{port}", _set("portgroup_uuid", "{empty_group}")),
    ("DELETE", "/ports/{port}", None),
    ("POST", "/portgroups", {"node_uuid": "{node}"}),
    ("PATCH", "/portgroups/{portgroup}", _set("extra", {"a": 1})),
    ("PATCH", "/portgroups/{portgroup}", _set("address", "02:00:00:00:00:78")),
    ("PATCH", "/portgroups/{portgroup}", _set("standalone_ports_supported", False)),
    ("DELETE", "/portgroups/{empty_group}", None),
    (
        "POST",
        "/volume/connectors",
        {"node_uuid": "{node}", "type": "ip", "connector_id": "192.0.2.1"},
    ),
    ("PATCH", "/volume/connectors/{connector}", _set("connector_id", "x")),
    ("DELETE", "/volume/connectors/{connector}", None),
    ("PATCH", "/volume/targets/{target}", _set("volume_id", "x")),
    ("DELETE", "/volume/targets/{target}", None),
    ("GET", "/nodes/{node}/validate", None),
    ("GET", "/nodes/{node}/management/boot_device", None),
    ("GET", "/nodes/{node}/vifs", None),
)
_SCENES = (
    *(
        world.scene(state, maintenance=maintenance)
        for state in world.STATES
        for maintenance in (False, True)
    ),
    world.LOCKED,
)

_STEPS: tuple[Any, ...] = (
    [],
    None,
    "x",
    {},
    [1],
    [{}],
    [{"interface": "deploy"}],
    [{"step": "erase_devices"}],
    [{"interface": "nonsense", "step": "erase_devices"}],
    [{"interface": "deploy", "step": "erase_devices", "args": []}],
    [{"interface": "deploy", "step": "erase_devices", "nonsense": 1}],
    [{"interface": "deploy", "step": "no_such_step"}],
    [{"interface": "bios", "step": "factory_reset"}],
    [{"interface": "bios", "step": "apply_configuration"}],
    [
        {
            "interface": "bios",
            "step": "apply_configuration",
            "args": {"settings": [{"name": "a", "value": "b"}]},
        }
    ],
)
_ARGUMENTS: dict[str, tuple[tuple[str, str], tuple[Any, ...], tuple[int, ...]]] = {
    "clean_steps": (("clean", "manageable"), _STEPS, around(15)),
    "service_steps": (("service", "active"), _STEPS, around(87)),
    "deploy_steps": (
        ("active", "available"),
        tuple(
            [{**step, "priority": 50} for step in steps]
            if isinstance(steps, list) and steps and isinstance(steps[0], dict)
            else steps
            for steps in _STEPS
        ),
        around(69),
    ),
    "configdrive": (
        ("active", "available"),
        (
            "http://127.0.0.1:1/drive",
            "aGVsbG8=",
            "not base64!",
            "",
            None,
            1,
            {},
            {"meta_data": {"a": 1}},
            {"meta_data": {}, "network_data": {}, "user_data": "x"},
            {"vendor_data": {}},
            {"nonsense": {}},
            {"meta_data": "x"},
            [],
        ),
        around(56, 59),
    ),
    "rescue_password": (("rescue", "active"), ("secret", "", " ", None, 1), around(38)),
    "disable_ramdisk": (("clean", "manageable"), (True, "nonsense"), around(70)),
    "runbook": (
        ("clean", "manageable"),
        ("{runbook}", "CUSTOM_A", "nobody", "{missing}", "", None, 1),
        around(92, 112),
    ),
    "nonsense": (("manage", "enroll"), (1,), around(4)),
}


def _at(state: str) -> Scene:
    return world.scene(state)


def cases() -> Iterator[Case]:
    for scene in _SCENES:
        for verb, (_, arguments) in _VERBS.items():
            body = {"target": verb, **arguments}
            yield Case("states", "PUT", _PROVISION, body, scene=scene)
        for method, path, body in _REQUESTS:
            yield Case("states", method, path, body, scene=scene)
    yield from _early()
    yield from _with_arguments()
    for power in ("power on", None, "error"):
        scene = world.scene("available", power=power)
        for method, path, body in _REQUESTS:
            if "power" in path or "volume" in path:
                yield Case("states", method, path, body, scene=scene)


def _early() -> Iterator[Case]:
    """Yield verbs before their microversion, in a state that allows them and in one that does not."""
    for verb, (since, arguments) in _VERBS.items():
        case = Case("states", "PUT", _PROVISION, {"target": verb, **arguments})
        for state in ("enroll", "manageable", "available", "active", "clean wait"):
            for minor in around(since):
                yield Case("states", "PUT", _PROVISION, case.body, minor=minor, scene=_at(state))
    for state, minor in (("inspect wait", 41), ("wait call-back", 110), ("clean wait", 13)):
        yield from at(
            around(minor),
            Case("states", "PUT", _PROVISION, {"target": "abort"}, scene=_at(state)),
        )
    for body in ({}, [], {"target": None}, {"target": "nonsense"}, {"target": 1}, {"target": ""}):
        for minor in (1, NEWEST):
            yield Case("states", "PUT", _PROVISION, body, minor=minor)


def _with_arguments() -> Iterator[Case]:
    for name, ((verb, state), tried, minors) in _ARGUMENTS.items():
        base = {"target": verb}
        if name == "disable_ramdisk":
            base |= _VERBS[verb][1]
        for index, value in enumerate(tried):
            case = Case("states", "PUT", _PROVISION, {**base, name: value}, scene=_at(state))
            yield from at(minors if index < 1 or name == "configdrive" else (NEWEST,), case)
        for other, (_, more) in _VERBS.items():
            if other != verb and name != "nonsense":
                body = {"target": other, **more, name: tried[0]}
                yield Case("states", "PUT", _PROVISION, body, scene=_at(state))
    for steps in _STEPS:
        yield Case(
            "states",
            "PUT",
            _PROVISION,
            {"target": "manage", "clean_steps": steps},
            scene=_at("enroll"),
        )
