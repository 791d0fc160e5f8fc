# SPDX-License-Identifier: Apache-2.0
"""Which boot mode a node asks for."""

from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import boot_mode


def node(properties: Any = None, instance: Any = None) -> SimpleNamespace:
    return SimpleNamespace(
        properties={"capabilities": properties}, instance_info={"capabilities": instance}
    )


@pytest.mark.parametrize(
    ("properties", "instance", "uefi"),
    [
        (None, None, True),
        ("boot_mode:bios", None, False),
        ("cpu_vt:true, boot_mode : bios", None, False),
        ("boot_mode:bios", {"boot_mode": "uefi"}, True),
        ("boot_mode:uefi", '{"boot_mode": "bios"}', False),
        ("boot_mode:uefi", "boot_mode:bios", False),
        ("nonsense", {"boot_option": "local"}, True),
    ],
)
def test_instance_then_node_then_configuration(properties: Any, instance: Any, uefi: bool) -> None:
    assert boot_mode.wants_uefi(node(properties, instance)) is uefi


@pytest.mark.parametrize("instance", ["{broken", {"boot_mode": "legacy"}])
def test_wrong_values_are_named(instance: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="instance_info"):
        boot_mode.wants_uefi(node(instance=instance))
