# SPDX-License-Identifier: Apache-2.0
"""Nodes for allocations: which node an allocation gets, and what happens to an interrupted search."""

import contextlib
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite.common import exception, states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.allocation import allocations
from ironic_lite.conductor.periodics import searches
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.db import engine, models
from ironic_lite.objects.allocation import ACTIVE, ALLOCATING, ERROR, Allocation
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud
from tests.waiting import PATIENCE, wait_for

CLASS = "large"


def make_node(cloud: Cloud, **fields: Any) -> Node:
    """An available node."""
    return cloud.create_node(
        **{"provision_state": states.AVAILABLE, "resource_class": CLASS, **fields}
    )


def ask(cloud: Cloud, **fields: Any) -> Allocation:
    """A new allocation, as the client gets it."""
    wanted = Allocation(cloud.context, **{"resource_class": CLASS, **fields})
    return cloud.api.any().create_allocation(cloud.context, wanted)


def settled(cloud: Cloud, allocation: Allocation) -> Allocation:
    """The allocation when its search is over."""

    def done() -> Allocation | None:
        now = Allocation.get(cloud.context, allocation.uuid)
        return None if now.state == ALLOCATING else now

    return wait_for(done, "the end of the search")  # type: ignore[return-value]


def waiting(cloud: Cloud, host: str, **fields: Any) -> Allocation:
    """An allocation that its conductor has stored, and not looked at."""
    affinity = Conductor.get_by_hostname(cloud.context, host).id
    made = Allocation(
        cloud.context, resource_class=CLASS, state=ALLOCATING, conductor_affinity=affinity, **fields
    )
    made.create()
    return made


def dead_conductor(cloud: Cloud, host: str) -> None:
    incarnation = Conductor.new_incarnation()
    Conductor.register(cloud.context, host, ["fake-hardware"], "", incarnation, {})
    Conductor.unregister(cloud.context, host, incarnation)


def test_the_answer_is_older_than_the_search(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    answer = ask(cloud)
    assert (answer.state, answer.node_id) == (ALLOCATING, None)
    found = settled(cloud, answer)
    assert (found.state, found.node_uuid) == (ACTIVE, node.uuid)
    assert cloud.node(node).instance_uuid == answer.uuid
    wait_for(lambda: cloud.node(node).reservation is None, "the node's lock to be given back")


def test_who_finds_nothing_is_told_what_was_near(cloud: Cloud, conductor: RPCService) -> None:
    make_node(cloud, name="broken", maintenance=True)
    for name in ("dark-1", "dark-2", "dark-3", "dark-4"):
        make_node(cloud, name=name, power_state=None)
    make_node(cloud, name="old", retired=True, maintenance=True)
    make_node(cloud, name="early", provision_state=states.MANAGEABLE)
    make_node(cloud, name="small", resource_class="small")
    error = settled(cloud, ask(cloud)).last_error
    assert f"no available node is of resource class {CLASS}; closest matches: " in error
    assert "4 with an unknown power state (dark-1, dark-2, dark-3, ...)" in error
    assert "1 under maintenance (broken)" in error
    assert "1 under maintenance and retired (old)" in error
    assert "1 in state 'manageable' (early)" in error
    assert "small" not in error
    named = Node.get(cloud.context, "small").uuid
    error = settled(cloud, ask(cloud, candidate_nodes=[named], traits=["CUSTOM_X"])).last_error
    assert "closest matches: 1 of resource class small and without CUSTOM_X (small)" in error


def test_nobody_is_told_of_the_nodes_of_others(cloud: Cloud, conductor: RPCService) -> None:
    make_node(cloud, name="secret", owner="other", maintenance=True)
    make_node(cloud, name="leased", owner="other", lessee="mine", maintenance=True)
    error = settled(cloud, ask(cloud, owner="mine")).last_error
    assert "closest matches: 1 under maintenance (leased)" in error
    assert "secret" not in error
    error = settled(cloud, ask(cloud, owner="third")).last_error
    assert f"no available node of project third is of resource class {CLASS}" in error
    assert "closest matches" not in error


def test_many_at_once_get_a_node_each_and_the_rest_none(
    cloud: Cloud, conductor: RPCService
) -> None:
    CONF.set_override("node_locked_retry_attempts", 50, group="conductor")
    CONF.set_override("node_locked_retry_interval", 0.05, group="conductor")
    nodes = {make_node(cloud).uuid for _ in range(8)}
    ended = [settled(cloud, one) for one in [ask(cloud) for _ in range(12)]]
    had = [one.node_uuid for one in ended if one.state == ACTIVE]
    assert len(had) == len(nodes)
    assert set(had) == nodes
    failed = [one for one in ended if one.state == ERROR]
    assert len(failed) == 4
    assert all(one.last_error for one in failed)


def test_the_node_of_its_own_name_comes_first(cloud: Cloud, conductor: RPCService) -> None:
    for number in range(6):
        make_node(cloud, name=f"node-{number}")
    found = settled(cloud, ask(cloud, name="node-4"))
    assert Node.get(cloud.context, found.node_uuid).name == "node-4"


def test_what_does_not_fit_is_not_taken(cloud: Cloud, conductor: RPCService) -> None:
    for unfit in (
        {"provision_state": states.MANAGEABLE},
        {"resource_class": "small"},
        {"power_state": None},
        {"maintenance": True},
        {"retired": True},
        {"instance_uuid": "22222222-aaaa-4aaa-8aaa-000000000001"},
    ):
        make_node(cloud, **unfit)
    found = settled(cloud, ask(cloud))
    assert found.state == ERROR
    assert CLASS in found.last_error


def test_an_owner_gets_what_it_owns_or_leases(cloud: Cloud, conductor: RPCService) -> None:
    make_node(cloud, owner="somebody")
    owned = make_node(cloud, owner="us")
    leased = make_node(cloud, owner="somebody", lessee="us")
    had = {settled(cloud, ask(cloud, owner="us")).node_uuid for _ in range(2)}
    assert had == {owned.uuid, leased.uuid}
    assert settled(cloud, ask(cloud, owner="us")).state == ERROR


def test_a_locked_node_is_waited_for(cloud: Cloud, conductor: RPCService) -> None:
    CONF.set_override("node_locked_retry_attempts", 1000, group="conductor")
    CONF.set_override("node_locked_retry_interval", 0.02, group="conductor")
    node = make_node(cloud)
    with conductor.manager.identity.active():
        locked = task_manager.acquire(cloud.context, node.uuid, purpose="test")
        locked.__enter__()
        asked = ask(cloud)
        wait_for(lambda: asked.id in allocations._searching, "the search to begin")
        locked.release_resources()
    assert settled(cloud, asked).node_uuid == node.uuid


def test_a_node_that_stays_locked_is_not_had(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    Node.reserve(cloud.context, "somebody", node.id)
    found = settled(cloud, ask(cloud))
    assert found.state == ERROR
    assert "locked" in found.last_error


def test_an_allocation_that_is_deleted_takes_no_node(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    deleted = waiting(cloud, "one")
    deleted.destroy()
    with conductor.manager.identity.active():
        allocations.search(cloud.context, deleted.id)
    assert cloud.node(node).instance_uuid is None


def test_a_failure_does_not_undo_what_another_has_found(
    cloud: Cloud, conductor: RPCService
) -> None:
    make_node(cloud)
    late = waiting(cloud, "one")
    found = settled(cloud, ask(cloud))
    won = Allocation.get(cloud.context, found.uuid)
    assert not won.fail("too late")
    assert late.fail("nothing left")
    assert Allocation.get(cloud.context, found.uuid).state == ACTIVE
    assert Allocation.get(cloud.context, late.uuid).last_error == "nothing left"


def test_a_full_pool_stores_nothing(cloud: Cloud, conductor: RPCService) -> None:
    workers = conductor.manager.identity.workers
    slots = []
    with contextlib.suppress(exception.NoFreeConductorWorker):
        while True:
            slots.append(workers.claim())
    with pytest.raises(exception.NoFreeConductorWorker):
        ask(cloud, name="refused")
    for slot in slots:
        slot.give_back()
    assert not Allocation.list(cloud.context)
    busy = workers.busy
    taken = ask(cloud, name="taken")
    with pytest.raises(exception.AlreadyExists):
        ask(cloud, name="taken")
    settled(cloud, taken)
    wait_for(lambda: workers.busy == busy, "no worker to be lost")


def test_a_conductor_that_starts_again_goes_on(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    cloud.stop(conductor)
    left = waiting(cloud, "one")
    cloud.start("one")
    assert settled(cloud, left).node_uuid == node.uuid


def test_the_searches_of_the_dead_are_taken_up(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    dead_conductor(cloud, "two")
    left = waiting(cloud, "two")
    me = Conductor.get_by_hostname(cloud.context, "one")
    with conductor.manager.identity.active():
        searches.run(cloud.context, me.id)
    found = settled(cloud, left)
    assert (found.node_uuid, found.conductor_affinity) == (node.uuid, me.id)


def test_the_searches_of_the_living_are_left_alone(cloud: Cloud) -> None:
    one = cloud.start("one")
    two = cloud.start("two")
    make_node(cloud)
    theirs = waiting(cloud, "two")
    with one.manager.identity.active():
        searches.run(cloud.context, Conductor.get_by_hostname(cloud.context, "one").id)
    assert one.manager.identity.workers.drain(PATIENCE)
    assert Allocation.get(cloud.context, theirs.uuid).state == ALLOCATING
    with two.manager.identity.active():
        searches.run(cloud.context, theirs.conductor_affinity)
    assert settled(cloud, theirs).state == ACTIVE


def test_a_backfill_that_does_not_fit_leaves_nothing(cloud: Cloud, conductor: RPCService) -> None:
    node = make_node(cloud)
    wanted = Allocation(cloud.context, resource_class=CLASS, name="back")
    with pytest.raises(exception.AllocationFailed) as refused:
        cloud.of(node).create_allocation(cloud.context, wanted, node.uuid)
    assert refused.value.code == 400
    assert not Allocation.list(cloud.context)


def test_a_backfilled_allocation_never_waits_for_a_node(
    cloud: Cloud, conductor: RPCService
) -> None:
    """Also when its conductor dies at the worst moment; a search would give it another node."""
    node = make_node(cloud, provision_state=states.ACTIVE)
    other = sa.create_engine(engine.url())
    seen = set()

    def look(*_connection: Any) -> None:
        with other.connect() as connection:
            seen.update(connection.execute(sa.select(models.ALLOCATIONS.c.state)).scalars())

    # What other processes see after each transaction.
    sa.event.listen(engine.get(), "checkin", look)
    try:
        wanted = Allocation(
            cloud.context, resource_class=CLASS, traits=[], candidate_nodes=[], owner=None
        )
        answer = cloud.of(node).create_allocation(cloud.context, wanted, node.uuid)
    finally:
        sa.event.remove(engine.get(), "checkin", look)
        other.dispose()
    assert seen == {ACTIVE}
    assert (answer.state, answer.node_uuid) == (ACTIVE, node.uuid)
    assert cloud.node(node).instance_uuid == answer.uuid
