# SPDX-License-Identifier: Apache-2.0
"""The common behaviour of plain resources, and cascading deletes."""

import uuid
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from tests.functional.db import samples

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext

every_record = pytest.mark.parametrize(
    "record", samples.ALL, ids=lambda record: str(record.obj_name())
)


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    return samples.make_node(admin, name="n1", owner="p1", lessee="p2", shard="s1")


@every_record
def test_life_of_a_record(record: Any, node: objects.Node, admin: Context) -> None:
    made = samples.make(record, admin, node)
    assert made.id and made.uuid and made.created_at and made.updated_at is None
    assert made.obj_what_changed() == set()
    for ident in (made.id, made.uuid, made.uuid.upper()):
        assert record.get(admin, ident).as_row(record.fields) == made.as_row(record.fields)
    if "extra" in record.fields:
        assert made.extra == {}
        made.extra = {"deep": [{"a": None}]}
        made.save()
        assert made.updated_at and made.obj_what_changed() == set()
    rows = record.rows(admin, list(record.fields), filters={"uuid_in": [made.uuid]})
    assert rows == [made.as_row(record.fields)]
    assert [one.uuid for one in record.list(admin)] == [made.uuid]
    made.destroy()
    for gone in (made.refresh, made.destroy):
        with pytest.raises(exception.NotFound, match=str(made.id)):
            gone()


def test_a_change_that_comes_too_late_writes_nothing(node: objects.Node, admin: Context) -> None:
    made = samples.make(objects.DeployTemplate, admin, node)
    late = objects.DeployTemplate.get(admin, made.uuid)
    made.extra = {"a": 1}
    made.save(expected={"extra": {}})
    late.extra, late.name = {"b": 1}, "CUSTOM_LATE"
    with pytest.raises(exception.ConcurrentUpdate, match="extra"):
        late.save(expected={"extra": {}, "name": late.name})
    assert objects.DeployTemplate.get(admin, made.uuid).as_row(["name", "extra"]) == {
        "name": made.name,
        "extra": {"a": 1},
    }
    same = objects.DeployTemplate.get(admin, made.uuid)
    same.extra = {"a": 1}
    same.save(expected={"extra": {}})
    made.destroy()
    same.extra = {}
    with pytest.raises(exception.NotFound):
        same.save(expected={"extra": {"a": 1}})


@every_record
def test_what_is_not_there_or_cannot_be_asked(
    record: Any, node: objects.Node, admin: Context
) -> None:
    missing = str(uuid.uuid4())
    with pytest.raises(exception.NotFound, match=missing):
        record.get(admin, missing)
    with pytest.raises(exception.NotFound, match="no such"):
        record.get(admin, "no such")
    with pytest.raises(exception.NotFound, match=missing):
        record.rows(admin, ["uuid"], marker=missing)
    for wrong in (
        {"columns": ["nosuch"]},
        {"columns": ["uuid"], "sort_key": "nosuch"},
        {"columns": ["uuid"], "filters": {"nosuch": 1}},
    ):
        with pytest.raises(exception.InvalidParameterValue, match="nosuch"):
            record.rows(admin, **wrong)


@every_record
def test_pages(record: Any, node: objects.Node, admin: Context) -> None:
    made = [samples.make(record, admin, node, number).uuid for number in range(5)]
    for sort_dir in ("asc", "desc"):
        expected = made if sort_dir == "asc" else made[::-1]
        page = record.rows(admin, ["uuid"], limit=2, sort_dir=sort_dir)
        rest = record.rows(admin, ["uuid"], marker=page[-1]["uuid"], sort_dir=sort_dir)
        assert [row["uuid"] for row in [*page, *rest]] == expected
    page = record.rows(admin, ["uuid"], sort_key="uuid")
    assert [row["uuid"] for row in page] == sorted(made)


@pytest.mark.parametrize(
    "record",
    # Nobody chooses the UUIDs of what happened.
    [record for record in samples.ALL if record is not objects.NodeHistory],
    ids=lambda record: str(record.obj_name()),
)
def test_uuids_and_names_are_unique(record: Any, node: objects.Node, admin: Context) -> None:
    first = samples.make(record, admin, node, uuid=samples.UUIDS[0])
    with pytest.raises(exception.Conflict, match=samples.UUIDS[0]):
        samples.make(record, admin, node, 1, uuid=samples.UUIDS[0])
    if "name" not in record.fields:
        return
    first.name = "taken"
    first.save()
    assert record.get(admin, "taken").uuid == first.uuid
    with pytest.raises(exception.Conflict, match="name taken"):
        samples.make(record, admin, node, 1, name="taken")
    second = samples.make(record, admin, node, 1)
    second.name = "taken"
    with pytest.raises(exception.Conflict, match="name taken"):
        second.save()


def test_what_else_is_unique(node: objects.Node, admin: Context) -> None:
    for record, number, value in (
        (objects.Port, 1, "A port with MAC address"),
        (objects.VolumeConnector, 1, "A volume connector with type iqn and connector ID"),
        (objects.VolumeTarget, 1, "A volume target with boot index '1' for the same node"),
    ):
        samples.make(record, admin, node, number)
        with pytest.raises(exception.AlreadyExists, match=f"^{value}.* already exists"):
            samples.make(record, admin, node, number)
    group = samples.make(objects.Portgroup, admin, node)
    with pytest.raises(exception.AlreadyExists, match=group.address):
        samples.make(objects.Portgroup, admin, node, 1, address=group.address)
    for _ in range(2):
        samples.make(objects.Portgroup, admin, node, name=None, address=None)
    # A change of one half of a pair: the error names both.
    other = samples.make(objects.VolumeConnector, admin, node, 2)
    other.connector_id = f"iqn.2024-01.test:{node.id % 256}-1"
    with pytest.raises(exception.AlreadyExists, match="type iqn and"):
        other.save()
    second = samples.make_node(admin)
    samples.make(objects.VolumeTarget, admin, second, 1)


@pytest.mark.parametrize("record", samples.OF_NODE, ids=lambda record: str(record.obj_name()))
def test_what_belongs_to_a_node(record: Any, node: objects.Node, admin: Context) -> None:
    second = samples.make_node(admin, conductor_group="cg", shard="s2", owner="p2")
    mine = samples.make(record, admin, node, 1)
    other = samples.make(record, admin, second, 2)
    assert mine.node_uuid == node.uuid
    for filters, expected in (
        ({"node_id": node.id}, [mine]),
        ({"node_id_in": [node.id, second.id]}, [mine, other]),
        ({"node_uuid": second.uuid}, [other]),
        ({"owner": "p1"}, [mine]),
        ({"lessee": "p2"}, [mine]),
        ({"project": "p2"}, [mine, other]),
        ({"shard": ["s1", "s3"]}, [mine]),
        ({"shard": []}, []),
        ({"conductor_group_in": ["cg"]}, [other]),
        ({"node_uuid": str(uuid.uuid4())}, []),
    ):
        rows = record.rows(admin, ["uuid", "node_uuid"], filters=filters)
        assert rows == [one.as_row(["uuid", "node_uuid"]) for one in expected], filters
    if record is not objects.NodeHistory:
        assert [one.uuid for one in record.list_by_node_id(admin, second.id)] == [other.uuid]
        mine.node_id = second.id
        mine.save()
        assert mine.node_uuid == second.uuid
    with pytest.raises(exception.NodeNotFound, match=str(second.id + 1)):
        samples.make(record, admin, second, 3, node_id=second.id + 1)


def test_a_node_takes_all_that_belongs_to_it_along(node: objects.Node, admin: Context) -> None:
    group = samples.make(objects.Portgroup, admin, node)
    for number in range(2):
        samples.make(objects.Port, admin, node, number, portgroup_id=group.id)
    for record in samples.OF_NODE:
        samples.make(record, admin, node, 5)
    node.set_traits(["CUSTOM_A"])
    objects.BIOSSetting.replace(admin, node.id, [{"name": "a"}])
    objects.FirmwareComponent.replace(admin, node.id, [{"component": "bmc"}])
    objects.NodeInventory(admin, node_id=node.id, inventory_data={"a": 1}).create()
    allocation = samples.make(objects.Allocation, admin, node)
    allocation.take(node)
    node.destroy()
    everything: tuple[Any, ...] = (
        *samples.OF_NODE,
        objects.BIOSSetting,
        objects.FirmwareComponent,
    )
    for record in everything:
        assert record.rows(admin, ["id"]) == []
    assert objects.Allocation.rows(admin, ["id"]) == []
    with pytest.raises(exception.NodeInventoryNotFound):
        objects.NodeInventory.get(admin, node.id)


def test_ports_in_portgroups(node: objects.Node, admin: Context) -> None:
    group = samples.make(objects.Portgroup, admin, node)
    port = samples.make(objects.Port, admin, node, portgroup_id=group.id)
    assert port.portgroup_uuid == group.uuid
    for filters in ({"portgroup_id": group.id}, {"portgroup_uuid": group.uuid}):
        rows = objects.Port.rows(admin, ["uuid", "portgroup_uuid"], filters=filters)
        assert rows == [{"uuid": port.uuid, "portgroup_uuid": group.uuid}]
    with pytest.raises(exception.NotEmpty, match=group.uuid):
        group.destroy()
    port.portgroup_id = group.id + 1
    with pytest.raises(exception.PortgroupNotFound, match=str(group.id + 1)):
        port.save()
    port.portgroup_id = None
    port.save()
    assert port.portgroup_uuid is None
    group.destroy()


def test_nodes_in_chassis(admin: Context) -> None:
    first, second = (objects.Chassis(admin, description=text) for text in ("a", "b"))
    first.create()
    second.create()
    node = samples.make_node(admin, chassis_id=first.id)
    assert node.chassis_uuid == first.uuid
    with pytest.raises(exception.NotEmpty, match=first.uuid):
        first.destroy()
    node.chassis_id = second.id
    node.save()
    assert node.chassis_uuid == second.uuid and node.obj_what_changed() == set()
    first.destroy()
    for filters in ({"chassis_id": second.id}, {"chassis_uuid": second.uuid}):
        assert objects.Node.rows(admin, ["chassis_uuid"], filters=filters) == [
            {"chassis_uuid": second.uuid}
        ]
    assert objects.Node.rows(admin, ["uuid"], filters={"chassis_uuid": first.uuid}) == []
    node.chassis_id = first.id
    with pytest.raises(exception.ChassisNotFound, match=str(first.id)):
        node.save()


def test_shards(admin: Context) -> None:
    for shard in ("b", None, "a", "b"):
        samples.make_node(admin, shard=shard)
    counted = {row["name"]: row["count"] for row in objects.Node.shards(admin)}
    assert counted == {None: 1, "a": 1, "b": 2}


def test_filters_of_recipes(admin: Context, node: objects.Node) -> None:
    for number, (owner, public) in enumerate((("p1", False), ("p2", True), (None, False))):
        samples.make(objects.Runbook, admin, node, number, owner=owner, public=public)
    for filters, expected in (
        ({"owner": "p1"}, {"CUSTOM_R0"}),
        ({"public": True}, {"CUSTOM_R1"}),
        ({"usable_by": "p1"}, {"CUSTOM_R0", "CUSTOM_R1"}),
        ({"name_in": ["CUSTOM_R2", "CUSTOM_R9"]}, {"CUSTOM_R2"}),
    ):
        rows = objects.Runbook.rows(admin, ["name"], filters=filters)
        assert {row["name"] for row in rows} == expected, filters
    for number in range(2):
        samples.make(objects.InspectionRule, admin, node, number, sensitive=bool(number))
    assert len(objects.InspectionRule.list(admin, filters={"sensitive": True})) == 1
    objects.InspectionRule.destroy_all(admin)
    assert objects.InspectionRule.list(admin) == []


def test_steps_of_any_size(admin: Context, node: objects.Node) -> None:
    steps = [{"interface": "bios", "step": "s", "args": {"text": "x" * 100_000}, "order": 1}]
    made = samples.make(objects.Runbook, admin, node, steps=steps)
    assert objects.Runbook.get(admin, made.name).steps == steps
