# SPDX-License-Identifier: Apache-2.0
"""The boot mode that a node requests."""

from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers import boot_mode


def node(properties: Any = None, instance: Any = None, known: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        properties={"capabilities": properties},
        instance_info={"capabilities": instance},
        boot_mode=known,
    )


@pytest.mark.parametrize(
    ("properties", "instance", "mode"),
    [
        (None, None, "uefi"),
        ("boot_mode:bios", None, "bios"),
        ("cpu_vt:true, boot_mode : bios", None, "bios"),
        ("boot_mode:bios", {"boot_mode": "uefi"}, "uefi"),
        ("boot_mode:uefi", '{"boot_mode": "bios"}', "bios"),
        ("boot_mode:uefi", "boot_mode:bios", "bios"),
        ("nonsense", {"boot_option": "local"}, "uefi"),
    ],
)
def test_instance_then_node_then_configuration(properties: Any, instance: Any, mode: str) -> None:
    assert boot_mode.of(node(properties, instance)) == mode


@pytest.mark.parametrize("instance", ["{broken", {"boot_mode": "legacy"}])
def test_wrong_values_are_named(instance: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="instance_info"):
        boot_mode.of(node(instance=instance))


def test_a_known_mode_comes_before_the_configured_one() -> None:
    assert boot_mode.of(node(known="bios")) == "bios"
    assert boot_mode.of(node("boot_mode:uefi", known="bios")) == "uefi"
