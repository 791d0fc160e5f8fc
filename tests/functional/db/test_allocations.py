# SPDX-License-Identifier: Apache-2.0
"""Giving nodes to allocations: one each, or nothing at all."""

import threading
from concurrent import futures

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.objects import allocation as states
from tests.functional.db import samples
from tests.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    return samples.make_node(admin, instance_info={"a": 1})


@pytest.fixture
def allocation(node: objects.Node, admin: Context) -> objects.Allocation:
    made: objects.Allocation = samples.make(objects.Allocation, admin, node, traits=["HW_A"])
    return made


def test_take_and_free(node: objects.Node, allocation: objects.Allocation, admin: Context) -> None:
    assert (allocation.state, allocation.node_uuid) == (states.ALLOCATING, None)
    locked = objects.Node.reserve(admin, "host", node.id)
    allocation.take(locked)
    assert (allocation.state, allocation.node_uuid) == (states.ACTIVE, node.uuid)
    assert locked.is_fenced and locked.instance_uuid == allocation.uuid
    assert locked.instance_info == {"a": 1, "traits": ["HW_A"]}
    assert locked.allocation_uuid == allocation.uuid
    assert objects.Allocation.get_by_node_id(admin, node.id).uuid == allocation.uuid
    for filters in (
        {"node_id": node.id},
        {"node_uuid": node.uuid},
        {"state": "active", "resource_class": "large"},
    ):
        rows = objects.Allocation.rows(admin, ["node_uuid"], filters=filters)
        assert rows == [{"node_uuid": node.uuid}]
    allocation.take(locked)
    allocation.destroy()
    node.refresh()
    assert (node.instance_uuid, node.allocation_uuid) == (None, None)
    assert node.instance_info == {"a": 1}
    with pytest.raises(exception.AllocationNotFound):
        objects.Allocation.get_by_node_id(admin, node.id)


def test_a_node_that_has_an_instance_already(
    node: objects.Node, allocation: objects.Allocation
) -> None:
    node.instance_uuid = samples.UUIDS[1]
    node.save()
    with pytest.raises(exception.NodeAssociated, match=samples.UUIDS[1]):
        allocation.take(node)
    # Unless it is the allocation's own: a record is made of what is there.
    node.instance_uuid = allocation.uuid
    node.save()
    allocation.take(node)
    assert allocation.node_uuid == node.uuid


def test_a_node_of_another_allocation(
    node: objects.Node, allocation: objects.Allocation, admin: Context
) -> None:
    allocation.take(node)
    node.instance_uuid = None
    node.save()
    second = samples.make(objects.Allocation, admin, node, 1)
    with pytest.raises(exception.NodeAssociated, match=allocation.uuid):
        second.take(node)
    with pytest.raises(exception.AllocationFailed, match="another node"):
        allocation.take(samples.make_node(admin))


def test_an_instance_that_is_somewhere_else(
    node: objects.Node, allocation: objects.Allocation, admin: Context
) -> None:
    samples.make_node(admin, instance_uuid=allocation.uuid)
    with pytest.raises(exception.InstanceAssociated):
        allocation.take(node)
    allocation.refresh()
    assert allocation.state == states.ALLOCATING


def test_a_lost_lock_takes_nothing(
    node: objects.Node, allocation: objects.Allocation, admin: Context
) -> None:
    locked = objects.Node.reserve(admin, "host", node.id)
    objects.Node.release_orphans(admin, ["host"])
    with pytest.raises(exception.NodeLockLost):
        allocation.take(locked)
    node.refresh()
    allocation.refresh()
    assert node.instance_uuid is None and allocation.node_uuid is None


def test_with_its_node_from_the_beginning(node: objects.Node, admin: Context) -> None:
    locked = objects.Node.reserve(admin, "host", node.id)
    made = objects.Allocation(admin, resource_class="large", traits=["HW_A"])
    made.create_with(locked)
    assert (made.state, made.node_uuid) == (states.ACTIVE, node.uuid)
    assert made.obj_what_changed() == set()
    assert locked.is_fenced and locked.instance_uuid == made.uuid
    assert locked.instance_info == {"a": 1, "traits": ["HW_A"]}
    assert locked.allocation_uuid == made.uuid


def test_without_its_node_it_is_not_made(
    node: objects.Node, allocation: objects.Allocation, admin: Context
) -> None:
    locked = objects.Node.reserve(admin, "host", node.id)
    allocation.take(locked)
    other = objects.Node.reserve(admin, "host", samples.make_node(admin).id)
    objects.Node.release_orphans(admin, ["host"])
    refusals = [
        (node, {}, exception.NodeAssociated),
        (other, {"uuid": allocation.uuid}, exception.AlreadyExists),
        (other, {"name": allocation.name}, exception.AlreadyExists),
        (other, {}, exception.NodeLockLost),
    ]
    for wanted, values, refusal in refusals:
        with pytest.raises(refusal):
            objects.Allocation(admin, traits=[], **values).create_with(wanted)
    samples.make_node(admin, instance_uuid=samples.UUIDS[1])
    unlocked = objects.Node.get(admin, other.id)
    with pytest.raises(exception.InstanceAssociated):
        objects.Allocation(admin, traits=[], uuid=samples.UUIDS[1]).create_with(unlocked)
    assert [one.uuid for one in objects.Allocation.list(admin)] == [allocation.uuid]
    other.refresh()
    assert other.instance_uuid is None


def test_what_is_gone(node: objects.Node, allocation: objects.Allocation, admin: Context) -> None:
    second = samples.make(objects.Allocation, admin, node, 1)
    allocation.destroy()
    for lost in (lambda: allocation.take(node), allocation.destroy):
        with pytest.raises(exception.AllocationNotFound):
            lost()
    node.destroy()
    with pytest.raises(exception.NodeNotFound):
        second.take(node)


def test_the_node_is_not_changed_by_hand(allocation: objects.Allocation) -> None:
    allocation.node_id = 1
    with pytest.raises(exception.InvalidParameterValue, match="node_id"):
        allocation.save()


def test_many_allocations_fight_for_few_nodes(admin: Context) -> None:
    nodes = [samples.make_node(admin) for _ in range(3)]
    rivals = [samples.make(objects.Allocation, admin, nodes[0], number) for number in range(8)]
    start = threading.Barrier(len(rivals))

    def fight(mine: objects.Allocation) -> str | None:
        start.wait(PATIENCE)
        for one in nodes:
            try:
                mine.take(objects.Node.get(admin, one.id))
            except exception.NodeAssociated:
                continue
            uuid: str = mine.node_uuid
            return uuid
        return None

    with futures.ThreadPoolExecutor(len(rivals)) as pool:
        won = [uuid for uuid in pool.map(fight, rivals) if uuid]
    assert sorted(won) == sorted(one.uuid for one in nodes)
    for one in nodes:
        one.refresh()
        assert one.instance_uuid == one.allocation_uuid
