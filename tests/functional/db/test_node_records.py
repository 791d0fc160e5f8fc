# SPDX-License-Identifier: Apache-2.0
"""What is known about a server besides its node: settings, firmware, history, inventory."""

from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.db import engine, models
from ironic_lite.db.types import server_time_ago
from tests.functional.db import samples

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    return samples.make_node(admin)


def test_bios_settings_are_replaced_as_a_whole(node: objects.Node, admin: Context) -> None:
    other = samples.make_node(admin)
    objects.BIOSSetting.replace(admin, other.id, [{"name": "kept", "value": "x"}])
    registry: dict[str, Any] = {
        "attribute_type": "Enumeration",
        "allowable_values": ["on", "off"],
        "lower_bound": -(2**40),
        "unique": False,
    }
    first: list[dict[str, Any]] = [
        {"name": "same", "value": "1", **registry},
        {"name": "changed", "value": "1"},
        {"name": "gone", "value": None},
    ]
    objects.BIOSSetting.replace(admin, node.id, first)
    before = {one.name: one for one in objects.BIOSSetting.list_by_node_id(admin, node.id)}
    assert list(before) == ["changed", "gone", "same"]
    second: list[dict[str, Any]] = [
        first[0],
        {"name": "changed", "value": "2"},
        {"name": "new", "value": "1"},
    ]
    objects.BIOSSetting.replace(admin, node.id, second)
    after = {one.name: one for one in objects.BIOSSetting.list_by_node_id(admin, node.id)}
    assert {name: one.value for name, one in after.items()} == {
        "same": "1",
        "changed": "2",
        "new": "1",
    }
    assert after["same"].as_row(before["same"].fields) == before["same"].as_row(
        after["same"].fields
    )
    assert (
        after["changed"].updated_at and after["changed"].created_at == before["changed"].created_at
    )
    found = objects.BIOSSetting.get(admin, node.id, "same")
    assert {name: getattr(found, name) for name in registry} == registry
    with pytest.raises(exception.BIOSSettingNotFound, match="'gone'"):
        objects.BIOSSetting.get(admin, node.id, "gone")
    rows = objects.BIOSSetting.rows(
        admin, ["name", "node_uuid"], sort_key="name", filters={"node_uuid": node.uuid}
    )
    assert rows == [{"name": name, "node_uuid": node.uuid} for name in sorted(after)]
    with pytest.raises(exception.InvalidParameterValue, match="take no marker"):
        objects.BIOSSetting.rows(admin, ["name"], marker="same")
    objects.BIOSSetting.replace(admin, node.id, [])
    assert [row["name"] for row in objects.BIOSSetting.rows(admin, ["name"])] == ["kept"]
    with pytest.raises(exception.NodeNotFound):
        objects.BIOSSetting.replace(admin, other.id + 1, [])


def test_firmware_remembers_its_first_version(node: objects.Node, admin: Context) -> None:
    for version in ("1.0", "2.0"):
        objects.FirmwareComponent.replace(
            admin,
            node.id,
            [{"component": "bmc", "initial_version": version, "current_version": version}],
        )
    found = objects.FirmwareComponent.get(admin, node.id, "bmc")
    assert (found.initial_version, found.current_version) == ("1.0", "2.0")
    with pytest.raises(exception.FirmwareComponentNotFound, match="bios"):
        objects.FirmwareComponent.get(admin, node.id, "bios")


def test_inventory(node: objects.Node, admin: Context) -> None:
    with pytest.raises(exception.NodeInventoryNotFound, match=str(node.id)):
        objects.NodeInventory.get(admin, node.id)
    inventories: tuple[dict[str, Any], ...] = ({"disks": ["x" * 100_000]}, {"disks": []})
    for data in inventories:
        made = objects.NodeInventory(admin, node_id=node.id, inventory_data=data, plugin_data={})
        made.create()
        assert objects.NodeInventory.get(admin, node.id).inventory_data == data
    made.destroy()
    made.destroy()
    with pytest.raises(exception.NodeInventoryNotFound):
        objects.NodeInventory.get(admin, node.id)
    with pytest.raises(exception.NodeNotFound):
        objects.NodeInventory(admin, node_id=node.id + 1, inventory_data={}).create()


def test_history_is_pruned(node: objects.Node, admin: Context) -> None:
    other = samples.make_node(admin)
    made = [samples.make(objects.NodeHistory, admin, node, number).uuid for number in range(5)]
    kept = samples.make(objects.NodeHistory, admin, other).uuid
    assert objects.NodeHistory.prune(admin, keep=3) == 2
    left = [row["uuid"] for row in objects.NodeHistory.rows(admin, ["uuid"])]
    assert left == [*made[2:], kept]
    table = models.NODE_HISTORY
    with engine.writer() as connection:
        long_ago = sa.update(table).where(table.c.uuid != kept)
        connection.execute(long_ago.values(created_at=server_time_ago(3600)))
    assert objects.NodeHistory.prune(admin, keep=3, max_age=7200) == 0
    assert objects.NodeHistory.prune(admin, keep=3, max_age=60) == 3
    assert [row["uuid"] for row in objects.NodeHistory.rows(admin, ["uuid"])] == [kept]


def test_history_is_not_rewritten(node: objects.Node, admin: Context) -> None:
    event = samples.make(objects.NodeHistory, admin, node)
    event.node_id = node.id + 1
    with pytest.raises(exception.InvalidParameterValue, match="node_id"):
        event.save()
