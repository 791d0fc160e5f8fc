# SPDX-License-Identifier: Apache-2.0
"""Operations on fake hardware from beginning to end, and the node after each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tests.compare import world
from tests.compare.case import NEWEST, Case, Scene

_NODE = "/nodes/{node}"
_CLEAN = [{"interface": "bios", "step": "factory_reset"}]


def _verb(target: str, **more: Any) -> tuple[str, str, Any]:
    return ("PUT", f"{_NODE}/states/provision", {"target": target, **more})


def _patch(field: str, value: Any) -> tuple[str, str, Any]:
    return ("PATCH", _NODE, [{"op": "add", "path": f"/{field}", "value": value}])


Story = tuple[str, Scene, tuple[tuple[str, str, Any], ...]]

_STORIES: tuple[Story, ...] = (
    (
        "life",
        world.scene("enroll", power=None),
        (
            _verb("manage"),
            _verb("inspect"),
            ("GET", f"{_NODE}/inventory", None),
            ("PUT", f"{_NODE}/states/power", {"target": "power off"}),
            _verb("clean", clean_steps=_CLEAN),
            _verb("provide"),
            _patch("instance_info/image_source", "http://127.0.0.1:1/image"),
            _patch("instance_info/image_checksum", "d41d8cd98f00b204e9800998ecf8427e"),
            _verb("active"),
            ("PUT", f"{_NODE}/states/power", {"target": "rebooting"}),
            _verb("service", service_steps=[{"interface": "bios", "step": "factory_reset"}]),
            _verb("rescue", rescue_password="secret"),
            _verb("unrescue"),
            _verb("rebuild"),
            _verb("deleted"),
            _verb("manage"),
            ("GET", f"{_NODE}/history", None),
            ("DELETE", _NODE, None),
        ),
    ),
    (
        "ramdisk image",
        world.AVAILABLE,
        (
            _patch(
                "instance_info",
                {
                    "kernel": "http://127.0.0.1:1/k",
                    "ramdisk": "http://127.0.0.1:1/r",
                    "image_source": "http://127.0.0.1:1/i",
                    "root_gb": 1,
                },
            ),
            _verb("active", configdrive={"meta_data": {"a": 1}}),
            _verb("deleted"),
        ),
    ),
    (
        "adoption",
        world.MANAGEABLE,
        (
            _patch("instance_info/image_source", "http://127.0.0.1:1/image"),
            _verb("adopt"),
            _verb("deleted"),
        ),
    ),
    (
        "hold",
        world.MANAGEABLE,
        (
            _verb("clean", clean_steps=[{"step": "hold"}, *_CLEAN]),
            _patch("extra/x", 1),
            _verb("unhold"),
        ),
    ),
    (
        "allocation",
        world.AVAILABLE,
        (
            (
                "POST",
                "/allocations",
                {"uuid": "{new}", "name": "one", "resource_class": "metal", "traits": ["CUSTOM_A"]},
            ),
            ("GET", "/allocations/one", None),
            ("GET", f"{_NODE}/allocation", None),
            ("POST", "/allocations", {"name": "two", "resource_class": "metal"}),
            ("GET", "/allocations/two", None),
            ("PATCH", "/allocations/one", [{"op": "add", "path": "/extra/a", "value": 1}]),
            ("PATCH", "/allocations/one", [{"op": "replace", "path": "/name", "value": "uno"}]),
            _patch("instance_uuid", None),
            ("DELETE", "/allocations/uno", None),
            ("GET", "/allocations/uno", None),
        ),
    ),
    (
        "maintenance",
        world.MANAGEABLE,
        (
            ("PUT", f"{_NODE}/maintenance", {"reason": "a disk"}),
            ("PUT", f"{_NODE}/maintenance", {}),
            ("DELETE", f"{_NODE}/maintenance", None),
            _patch("maintenance", True),
            _patch("maintenance", False),
        ),
    ),
    (
        "vifs",
        world.MANAGEABLE,
        (
            ("POST", f"{_NODE}/vifs", {"id": "{new}"}),
            ("GET", f"{_NODE}/vifs", None),
            ("GET", "/ports/{port}", None),
            ("POST", f"{_NODE}/vifs", {"id": "{new}"}),
            ("DELETE", f"{_NODE}/vifs/{{new}}", None),
            ("DELETE", f"{_NODE}/vifs/{{new}}", None),
        ),
    ),
    (
        "traits",
        world.MANAGEABLE,
        (
            ("PUT", f"{_NODE}/traits/CUSTOM_C", None),
            ("DELETE", f"{_NODE}/traits/HW_CPU_X86_VMX", None),
            ("GET", f"{_NODE}/traits", None),
            ("DELETE", f"{_NODE}/traits", None),
            ("PUT", f"{_NODE}/traits", {"traits": ["CUSTOM_Z"]}),
        ),
    ),
    (
        "boot",
        world.MANAGEABLE,
        (
            ("PUT", f"{_NODE}/management/boot_device", {"boot_device": "pxe", "persistent": True}),
            ("GET", f"{_NODE}/management/boot_device", None),
            ("PUT", f"{_NODE}/states/console", {"enabled": True}),
            ("GET", f"{_NODE}/states/console", None),
            ("PUT", f"{_NODE}/states/console", {"enabled": False}),
            ("PUT", f"{_NODE}/states/boot_mode", {"target": "bios"}),
            ("PUT", f"{_NODE}/states/secure_boot", {"target": True}),
        ),
    ),
)


def cases() -> Iterator[Case]:
    for name, scene, steps in _STORIES:
        named = dataclasses.replace(scene, name=f"story {name} from {scene.name}")
        for index, (method, path, body) in enumerate(steps):
            at = dataclasses.replace(named, name=f"{named.name}, {index + 1}")
            yield Case(
                "stories", method, path, body, scene=at if index else named, follows=index > 0
            )
            if method != "GET" and (method, path) != ("DELETE", _NODE):
                after = dataclasses.replace(named, name=f"{named.name}, after {index + 1}")
                yield Case("stories", "GET", _NODE, scene=after, follows=True, minor=NEWEST)
