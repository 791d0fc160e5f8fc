# SPDX-License-Identifier: Apache-2.0
"""Conductors that come, go, and die."""

import contextlib
import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from oslo_utils import timeutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, states
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.agents import listening_since
from ironic_lite.conductor.periodics import (
    orphans,
    power_recovery,
    power_sync,
    takeover,
    wait_timeouts,
)
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.db import conductors as conductor_rows
from ironic_lite.db import engine
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed


def dead_conductor(cloud: Cloud, host: str) -> None:
    """Record a conductor that was killed a long time ago."""
    incarnation = Conductor.new_incarnation()
    Conductor.register(cloud.context, host, ["fake-hardware"], "", incarnation, {})
    Conductor.unregister(cloud.context, host, incarnation)


def abandoned(cloud: Cloud, host: str, **fields: Any) -> Node:
    """A node that a dead conductor has locked."""
    node = Node(
        cloud.context,
        uuid=str(uuid.uuid4()),
        driver="fake-hardware",
        power_state="power off",
        **fields,
    )
    node.create()
    Node.reserve(cloud.context, host, node.id)
    return node


def test_two_conductors_share_the_nodes(cloud: Cloud) -> None:
    cloud.start("one")
    cloud.start("two")
    cloud.api._ring.reset()
    nodes = [cloud.create_node() for _ in range(24)]
    hosts = [cloud.api.get_conductor_for(node) for node in nodes]
    assert set(hosts) == {"one", "two"}
    for node, host in zip(nodes, hosts, strict=True):
        owner = cloud.api.named(host)
        owner.change_node_power_state(cloud.context, node.uuid, states.POWER_ON)
    for node in nodes:
        wait_for(lambda n=node: cloud.node(n).power_state == states.POWER_ON, "power on")


def test_a_leaving_conductor_hands_over_its_nodes(cloud: Cloud) -> None:
    cloud.start("one")
    two = cloud.start("two")
    cloud.api._ring.reset()
    nodes = [cloud.create_node() for _ in range(8)]
    cloud.stop(two)
    cloud.api._ring.reset()
    assert {cloud.api.get_conductor_for(node) for node in nodes} == {"one"}


def test_a_first_conductor_is_seen_at_once(cloud: Cloud) -> None:
    node = Node(cloud.context, uuid=str(uuid.uuid4()), driver="fake-hardware", conductor_group="")
    with pytest.raises(exception.NoValidHost):
        cloud.of(node)
    cloud.start("one")
    wait_for(lambda: _found(cloud, node), "the conductor in the ring")


def _found(cloud: Cloud, node: Node) -> bool:
    try:
        return bool(cloud.of(node))
    except exception.NoValidHost:
        return False


def test_a_second_conductor_of_one_name_is_refused(cloud: Cloud, conductor: RPCService) -> None:
    """A second conductor gets no RPCs of the first one while it tries to start."""
    conductor = cloud.of(cloud.create_node())
    tried = threading.Event()

    def call() -> int:
        calls = 0
        while not tried.is_set():
            conductor.get_driver_properties(cloud.context, "fake-hardware")
            calls += 1
        return calls

    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(call)
        for _ in range(5):
            with pytest.raises(exception.ConductorAlreadyRegistered):
                cloud.start("one")
        tried.set()
        assert calling.result(PATIENCE) > 0
    assert Conductor.get_by_hostname(cloud.context, "one").alive


def test_stopping_waits_for_running_work(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    at_work, go_on = threading.Event(), threading.Event()

    def work(task: task_manager.TaskManager) -> None:
        at_work.set()
        go_on.wait(PATIENCE)
        task.node.description = "done"
        task.node.save()

    with (
        conductor.manager.identity.active(),
        task_manager.acquire(cloud.context, node.uuid) as task,
    ):
        task.spawn_after(work, task)
    assert at_work.wait(PATIENCE)
    stopping = threading.Thread(target=cloud.stop, args=(conductor,))
    stopping.start()
    # It has left the ring but is alive, so nobody breaks its locks.
    wait_for(lambda: Conductor.ring_members(cloud.context) == {}, "the ring to be left")
    assert Conductor.offline(cloud.context) == []
    go_on.set()
    stopping.join(PATIENCE)
    assert cloud.node(node).description == "done"
    assert Conductor.offline(cloud.context) == ["one"]


def test_work_that_does_not_end_is_left_to_others(cloud: Cloud, conductor: RPCService) -> None:
    CONF.set_override("graceful_shutdown_timeout", 0, group="conductor")
    node = cloud.create_node(description="before")
    at_work, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work(task: task_manager.TaskManager) -> None:
        at_work.set()
        go_on.wait(PATIENCE)
        task.node.description = "after"
        try:
            task.node.save()
        finally:
            ended.set()

    with (
        conductor.manager.identity.active(),
        task_manager.acquire(cloud.context, node.uuid) as task,
    ):
        task.spawn_after(work, task)
    assert at_work.wait(PATIENCE)
    cloud.stop(conductor)
    assert cloud.node(node).reservation is None
    go_on.set()
    assert ended.wait(PATIENCE)
    assert cloud.node(node).description == "before"


def test_a_restart_takes_up_what_the_former_life_left(cloud: Cloud) -> None:
    dead_conductor(cloud, "one")
    locked = abandoned(cloud, "one", provision_state=states.MANAGEABLE)
    working = abandoned(
        cloud, "one", provision_state=states.VERIFYING, target_provision_state=states.MANAGEABLE
    )
    cloud.start("one")
    assert cloud.node(locked).reservation is None
    wait_for(lambda: cloud.node(working).provision_state == states.MANAGEABLE, "the recovery")


def test_another_conductor_takes_up_what_a_dead_one_left(
    cloud: Cloud, conductor: RPCService
) -> None:
    dead_conductor(cloud, "dead")
    working = abandoned(
        cloud, "dead", provision_state=states.DELETING, target_provision_state=states.AVAILABLE
    )
    with conductor.manager.identity.active():
        orphans.run(cloud.context, trusted=False)
        assert cloud.node(working).reservation == "dead"
        orphans.run(cloud.context, trusted=True)
    wait_for(lambda: cloud.node(working).provision_state == states.AVAILABLE, "the recovery")


def test_a_superseded_conductor_raises_the_alarm(cloud: Cloud) -> None:
    CONF.set_override("heartbeat_interval", 1, group="conductor")
    cloud.start("one")
    usurper = Conductor.new_incarnation()
    incarnation = conductor_rows.get_by_hostname("one")["incarnation"]
    conductor_rows.register("one", ["fake-hardware"], "", usurper, {}, replaces=incarnation)
    wait_for(lambda: cloud.alarms, "the alarm")
    assert "Another process has taken the name 'one'" in cloud.alarms[0]
    for service in list(cloud.running):
        cloud.stop(service)
    assert conductor_rows.get_by_hostname("one")["incarnation"] == usurper
    assert conductor_rows.get_by_hostname("one")["online"]


def test_a_removed_record_is_written_anew(cloud: Cloud) -> None:
    CONF.set_override("heartbeat_interval", 1, group="conductor")
    cloud.start("one")
    with engine.writer() as connection:
        connection.execute(conductor_rows.INTERFACES.delete())
        connection.execute(conductor_rows.CONDUCTORS.delete())
    wait_for(lambda: Conductor.ring_members(cloud.context), "the record")


def test_a_silent_agent_ends_the_wait(cloud: Cloud, conductor: RPCService) -> None:
    CONF.set_override("deploy_callback_timeout", 1, group="conductor")
    node = waiting(cloud, states.DEPLOYWAIT)
    fresh = waiting(cloud, states.CLEANWAIT)
    with conductor.manager.identity.active():
        wait_for(lambda: _timed_out(cloud, node), "the timeout")
    wait_for(lambda: cloud.node(node).reservation is None, "the release")
    assert "timed out" in cloud.node(node).last_error
    assert cloud.node(fresh).provision_state == states.CLEANWAIT


def waiting(cloud: Cloud, state: str) -> Node:
    """A node that has just begun to wait."""
    node = cloud.node(cloud.create_node())
    node.provision_state = state
    node.target_provision_state = states.ACTIVE
    node.save()
    return node


def test_silence_ends_no_wait_while_nobody_could_have_been_heard(
    cloud: Cloud, conductor: RPCService
) -> None:
    CONF.set_override("deploy_callback_timeout", 2, group="conductor")
    node = waiting(cloud, states.DEPLOYWAIT)
    life = conductor.manager._life
    assert life is not None and life._keepalive is not None
    with conductor.manager.identity.active():
        hears = listening_since.Hearing(life._keepalive)
        assert hears.check(cloud.context) > 0
        conductor._server.stop()
        conductor._server.wait()
        CONF.set_override("rpc_response_timeout", 1)
        wait_for(lambda: silent_for(cloud, node) > 3, "the agent's time to be over")
        assert hears.check(cloud.context) == 0
        wait_timeouts.run(cloud.context, heard_for=0)
        # The broker is back, and the agent will soon send a heartbeat.
        wait_timeouts.run(cloud.context, heard_for=1)
        assert cloud.node(node).provision_state == states.DEPLOYWAIT
        wait_timeouts.run(cloud.context, heard_for=2)
    wait_for(lambda: cloud.node(node).provision_state == states.DEPLOYFAIL, "the timeout")


def test_a_database_that_was_late_is_an_outage_too(cloud: Cloud, tmp_path: Path) -> None:
    """Agents got no answers in the meantime, although all repeated requests succeeded in the end."""
    CONF.set_override("heartbeat_interval", 1, group="conductor")
    manager = cloud.start().manager
    life = manager._life
    assert life is not None and life._keepalive is not None
    keepalive = life._keepalive
    wait_for(lambda: keepalive.steady, "calm")
    with contextlib.closing(sqlite3.connect(tmp_path / "db.sqlite")) as slow:
        slow.execute("BEGIN IMMEDIATE")
        wait_for(lambda: not keepalive.steady, "the trouble to be noticed", interval=0.1)
        ended = time.monotonic()
    wait_for(lambda: keepalive.calm_since > ended, "its end to be noticed")
    with manager.identity.active():
        assert listening_since.Hearing(keepalive).check(cloud.context) < time.monotonic() - ended


def silent_for(cloud: Cloud, node: Node) -> float:
    """Return the seconds since the node entered its state."""
    dated = cloud.node(node).provision_updated_at
    return (timeutils.utcnow(with_timezone=True) - dated).total_seconds()


def _timed_out(cloud: Cloud, node: Node) -> bool:
    wait_timeouts.run(cloud.context, heard_for=60)
    return cloud.node(node).provision_state == states.DEPLOYFAIL


def test_a_node_that_became_ours_is_taken_over(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(provision_state=states.ACTIVE, conductor_affinity=None)
    mine = Conductor.get_by_hostname(cloud.context, "one").id
    with conductor.manager.identity.active():
        takeover.Takeover(mine).run(cloud.context)
    assert cloud.node(node).conductor_affinity == mine
    assert cloud.node(node).reservation is None


class TestPowerSync:
    """On fake-hardware, whose power state is what its record says, and IPMI without a BMC."""

    def run(
        self,
        cloud: Cloud,
        conductor: RPCService,
        one: power_sync.PowerSync | power_recovery.PowerRecovery,
    ) -> None:
        with conductor.manager.identity.active():
            one.run(ironic_context.admin_context())

    def test_an_unknown_state_is_recorded(self, cloud: Cloud, conductor: RPCService) -> None:
        node = cloud.create_node(provision_state=states.MANAGEABLE, power_state=None)
        self.run(cloud, conductor, power_sync.PowerSync(threading.Event()))
        assert cloud.node(node).reservation is None
        assert not cloud.node(node).maintenance

    def test_a_dead_bmc_ends_in_maintenance_and_comes_back(
        self, cloud: Cloud, conductor: RPCService
    ) -> None:
        CONF.set_override("power_state_sync_max_retries", 1, group="conductor")
        node = cloud.create_node(driver="ipmi", provision_state=states.MANAGEABLE, driver_info={})
        syncing = power_sync.PowerSync(threading.Event())
        self.run(cloud, conductor, syncing)
        assert not cloud.node(node).maintenance
        self.run(cloud, conductor, syncing)
        found = cloud.node(node)
        assert (found.maintenance, found.fault, found.power_state) == (True, "power failure", None)
        assert "ipmi_address" in found.maintenance_reason
        found.driver = "fake-hardware"
        for kind in INTERFACE_TYPES:
            setattr(found, f"{kind}_interface", None)
        cloud.of(found).update_node(cloud.context, found)
        self.run(cloud, conductor, power_recovery.PowerRecovery(threading.Event()))
        found = cloud.node(node)
        assert (found.maintenance, found.fault, found.maintenance_reason) == (False, None, None)
