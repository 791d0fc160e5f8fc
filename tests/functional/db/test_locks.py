# SPDX-License-Identifier: Apache-2.0
"""The lock of a node: one holder at a time, and no write by a task that has lost it."""

import copy
import threading
from concurrent import futures

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.db import nodes
from tests.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    made = objects.Node(admin, driver="ipmi", name="n1", provision_state="enroll")
    made.create()
    return made


def test_sixteen_threads_fight_for_one_lock(node: objects.Node, admin: Context) -> None:
    start = threading.Barrier(16)

    def fight(number: int) -> objects.Node | None:
        start.wait(PATIENCE)
        try:
            return objects.Node.reserve(admin, f"host{number}", node.uuid)
        except exception.NodeLocked:
            return None

    with futures.ThreadPoolExecutor(16) as pool:
        winners = [winner for winner in pool.map(fight, range(16)) if winner]
    assert len(winners) == 1
    winners[0].check_lock()
    assert objects.Node.get(admin, node.id).reservation == winners[0].reservation


def test_turns(node: objects.Node, admin: Context) -> None:
    """Every increment is made under the lock, so none gets lost."""

    def count(_: int) -> None:
        while True:
            try:
                locked = objects.Node.reserve(admin, "host", node.id)
            except exception.NodeLocked:
                continue
            break
        locked.set_driver_internal_info("n", locked.driver_internal_info.get("n", 0) + 1)
        locked.save()
        locked.release()

    with futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    node.refresh()
    assert node.driver_internal_info == {"n": 20} and node.reservation is None


def test_reserve_and_release(node: objects.Node, admin: Context) -> None:
    locked = objects.Node.reserve(admin, "host1", "n1")
    assert (locked.reservation, locked.is_fenced, node.is_fenced) == ("host1", True, False)
    message = f"Node {node.uuid} is locked by host host1, please retry"
    with pytest.raises(exception.NodeLocked, match=message):
        objects.Node.reserve(admin, "host2", node.uuid)
    locked.release()
    assert (locked.reservation, locked.is_fenced) == (None, False)
    with pytest.raises(exception.NodeNotLocked):
        locked.release()
    with pytest.raises(exception.NodeNotLocked):
        node.check_lock()
    with pytest.raises(exception.NodeNotFound):
        objects.Node.reserve(admin, "host1", node.id + 1)


def test_a_stale_token_changes_nothing(node: objects.Node, admin: Context) -> None:
    stale = objects.Node.reserve(admin, "dead", node.id)
    freed = objects.Node.release_orphans(admin, ["dead", "other"])
    assert freed == [{"id": node.id, "uuid": node.uuid, "reservation": "dead"}]
    heir = objects.Node.reserve(admin, "heir", node.id)
    heir.power_state = "power on"
    heir.save()
    before = nodes.get(node.id)
    stale.power_state = "power off"
    for write in (stale.save, stale.destroy, stale.release, stale.check_lock):
        with pytest.raises(exception.NodeLockLost, match=node.uuid):
            write()
    clone = copy.deepcopy(stale)
    with pytest.raises(exception.NodeLockLost):
        clone.save()
    assert nodes.get(node.id) == before
    assert stale.obj_what_changed() == {"power_state"}
    heir.check_lock()
    heir.release()


def test_a_fenced_node_that_was_deleted(node: objects.Node, admin: Context) -> None:
    locked = objects.Node.reserve(admin, "host", node.id)
    locked.destroy()
    locked.power_state = "power on"
    for write in (locked.save, locked.destroy, locked.release, locked.check_lock):
        with pytest.raises(exception.NodeNotFound):
            write()


def test_orphans_of_other_hosts_stay_locked(node: objects.Node, admin: Context) -> None:
    held = objects.Node.reserve(admin, "alive", node.id)
    assert objects.Node.release_orphans(admin, ["dead"]) == []
    assert objects.Node.release_orphans(admin, []) == []
    held.check_lock()


def test_heartbeat_and_engine_do_not_overwrite_each_other(
    node: objects.Node, admin: Context
) -> None:
    engine_side = objects.Node.reserve(admin, "host", node.id)
    assert objects.Node.claim_agent_token(admin, node.id, "token")
    assert not objects.Node.claim_agent_token(admin, node.id, "other")
    engine_side.set_driver_internal_info("clean_step_index", 3)
    told = ("http://192.0.2.1:9999", "13.0.0", "-----BEGIN CERTIFICATE-----")
    assert objects.Node.record_heartbeat(admin, node.id, "token", *told)
    engine_side.save()
    assert objects.Node.record_heartbeat(admin, node.id, "token", *told)
    for wrong in ("Token", "", "other"):
        assert not objects.Node.record_heartbeat(admin, node.id, wrong, "http://192.0.2.66", "0")
    engine_side.refresh()
    assert engine_side.driver_internal_info == {"clean_step_index": 3}
    assert (engine_side.agent_url, engine_side.agent_version, engine_side.agent_verify_ca) == told
    assert engine_side.agent_last_heartbeat >= engine_side.created_at
    engine_side.check_lock()
    engine_side.forget_agent()
    engine_side.save()
    assert not objects.Node.record_heartbeat(admin, node.id, "token", *told)
    engine_side.refresh()
    assert engine_side.agent_url is None and engine_side.agent_secret_token is None


def test_listings_show_the_agent_as_ironic_does(node: objects.Node, admin: Context) -> None:
    objects.Node.claim_agent_token(admin, node.id, "token")
    objects.Node.record_heartbeat(admin, node.id, "token", "http://192.0.2.1:9999", "13.0.0")
    node.refresh()
    columns = ("uuid", "driver_internal_info", "created_at")
    row = objects.Node.rows(admin, columns)[0]
    assert set(row) == set(columns) and row == node.as_row(columns)
    assert row["driver_internal_info"] == {
        "agent_url": "http://192.0.2.1:9999",
        "agent_version": "13.0.0",
        "agent_last_heartbeat": node.agent_last_heartbeat.isoformat(),
    }
    for reader in (node.as_row, lambda columns: objects.Node.rows(admin, columns)):
        with pytest.raises(exception.InvalidParameterValue):
            reader(["agent_secret_token"])


@pytest.mark.parametrize("state", ["clean wait", "active"])
def test_a_call_of_the_agent_begins_its_wait_anew(
    node: objects.Node, admin: Context, state: str
) -> None:
    objects.Node.claim_agent_token(admin, node.id, "token")
    node.provision_state = state
    node.save()
    since = node.provision_updated_at
    found = objects.Node.record_heartbeat(admin, node.id, "token", "http://192.0.2.1:9999", "13")
    assert found == {"provision_state": state, "maintenance": False}
    node.refresh()
    assert (node.provision_updated_at > since) is (state == "clean wait")
    assert node.agent_last_heartbeat > since
