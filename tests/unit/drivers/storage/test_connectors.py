# SPDX-License-Identifier: Apache-2.0
"""Connectors, targets and capabilities of a node that must fit together."""

import types
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.storage import connectors

ISCSI, FIBRE_CHANNEL = "iscsi_boot:true", "fibre_channel_boot:true"


def task(has: list[tuple[str, str]], targets: list[tuple[str, int]], capabilities: str = "") -> Any:
    """A node with connectors (type, id) and targets (type, boot index)."""
    return types.SimpleNamespace(
        node=types.SimpleNamespace(uuid="n-1", properties={"capabilities": capabilities}),
        volume_connectors=[
            types.SimpleNamespace(uuid=f"c-{i}", type=kind, connector_id=name)
            for i, (kind, name) in enumerate(has)
        ],
        volume_targets=[
            types.SimpleNamespace(uuid=f"t-{i}", volume_type=kind, boot_index=index, volume_id="v")
            for i, (kind, index) in enumerate(targets)
        ],
    )


IQN, WWPN, WWNN = ("iqn", "iqn.x:1"), ("wwpn", "50:01"), ("wwnn", "50:02")


@pytest.mark.parametrize(
    ("has", "targets", "capabilities"),
    [
        ([], [], ""),
        ([IQN], [("iscsi", 0)], ISCSI),
        ([IQN], [("iscsi", 1)], ""),
        ([IQN, ("ip", "10.0.0.1"), ("mac", "52:54:00:00:00:01")], [("iscsi", 0)], ISCSI),
        ([WWPN, WWNN], [("fibre_channel", 0)], FIBRE_CHANNEL),
        ([WWPN, WWNN, IQN], [("fibre_channel", 1), ("iscsi", 0)], f"{ISCSI},{FIBRE_CHANNEL}"),
    ],
)
def test_what_fits(has: Any, targets: Any, capabilities: str) -> None:
    connectors.validate(task(has, targets, capabilities))


@pytest.mark.parametrize(
    ("has", "targets", "capabilities", "told"),
    [
        ([], [], ISCSI, "has the capability iscsi_boot, but no volume connector of type iqn"),
        ([IQN], [], FIBRE_CHANNEL, "no volume connector of type wwpn and wwnn"),
        ([WWPN], [], "", "1 volume connectors of type wwpn and 0 of type wwnn"),
        ([IQN], [("iscsi", 0)], "", "do not have iscsi_boot"),
        ([IQN], [("iscsi", 0)], "iscsi_boot:false", "do not have iscsi_boot"),
        ([WWPN, WWNN], [("fibre_channel", 0)], "", "do not have fibre_channel_boot"),
        ([WWPN, WWNN], [("iscsi", 1)], "", "no volume connector of type iqn"),
        ([("ip", "10.0.0.1")], [("iscsi", 1)], "", "no volume connector of type iqn"),
        ([("iqn", "")], [("iscsi", 1)], "", "no volume connector of type iqn"),
        ([IQN], [("rbd", 1)], "", "unknown type 'rbd'"),
    ],
)
def test_what_does_not_fit(has: Any, targets: Any, capabilities: str, told: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=told):
        connectors.validate(task(has, targets, capabilities))


def test_a_target_without_a_volume() -> None:
    node = task([IQN], [("iscsi", 1)])
    node.volume_targets[0].volume_id = None
    with pytest.raises(exception.InvalidParameterValue, match="without a volume_id"):
        connectors.validate(node)


@pytest.mark.parametrize(
    ("has", "described"),
    [
        ([IQN], {"initiator": "iqn.x:1"}),
        ([IQN, ("iqn", "iqn.x:2")], {"initiator": "iqn.x:1"}),
        (
            [IQN, ("ip", "10.0.0.1"), ("ip", "10.0.0.2"), ("mac", "52:54:00:00:00:01")],
            {"initiator": "iqn.x:1", "ip": "10.0.0.1", "multipath": True},
        ),
        (
            [WWPN, ("wwpn", "50:03"), WWNN, ("wwnn", "50:04")],
            {"wwpns": ["50:01", "50:03"], "wwnns": ["50:02", "50:04"], "multipath": True},
        ),
    ],
)
def test_what_cinder_is_told(has: Any, described: dict[str, Any]) -> None:
    assert connectors.describe(task(has, [])) == {**described, "host": "n-1"}


@pytest.mark.parametrize("has", [[], [("ip", "10.0.0.1")], [("mac", "52:54:00:00:00:01")]])
def test_a_server_without_a_name_in_the_storage_network(has: Any) -> None:
    with pytest.raises(exception.StorageError, match="no volume connector that names it"):
        connectors.describe(task(has, []))
