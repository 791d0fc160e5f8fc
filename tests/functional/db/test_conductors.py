# SPDX-License-Identifier: Apache-2.0
"""Conductors: which are alive, and when a name may be taken over."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import context, exception, process_identity
from ironic_lite.conf import CONF
from ironic_lite.db import conductors, engine
from ironic_lite.db.types import server_time_ago
from tests.waiting import PATIENCE, wait_for

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.timed]

Context = context.RequestContext
POWER = {"power": {"enabled": ["ipmitool", "fake"], "default": "fake"}}
ELSEWHERE = "another-boot/pid:[1]/1/1/11111111-aaaa-4aaa-8aaa-000000000001"
"""The incarnation of a process of which this machine knows nothing."""


@pytest.fixture(autouse=True)
def quick_heartbeats() -> Any:
    CONF.set_override("heartbeat_interval", 1, group="conductor")
    yield
    CONF.clear_override("heartbeat_interval", group="conductor")


def register(admin: Context, name: str, incarnation: str | None = None, **values: Any) -> Any:
    announced = {"drivers": ["ipmi"], "conductor_group": "", "interfaces": {}, **values}
    life = incarnation or objects.Conductor.new_incarnation()
    return objects.Conductor.register(admin, name, incarnation=life, **announced)


def silence(name: str, seconds: int) -> None:
    """Put the last sign of life into the past."""
    with engine.writer() as connection:
        connection.execute(
            sa.update(conductors.CONDUCTORS)
            .where(conductors.CONDUCTORS.c.hostname == name)
            .values(updated_at=server_time_ago(seconds))
        )


def test_ring_members_are_the_conductors_alive(admin: Context) -> None:
    register(admin, "b", drivers=["ipmi", "fake-hardware"], conductor_group="rack1")
    register(admin, "a")
    register(admin, "silent")
    register(admin, "gone", incarnation="gone/1")
    silence("silent", CONF.conductor.heartbeat_timeout + 1)
    objects.Conductor.unregister(admin, "gone", "gone/1")
    assert objects.Conductor.ring_members(admin) == {
        ":ipmi": ["a"],
        "rack1:ipmi": ["b"],
        "rack1:fake-hardware": ["b"],
    }
    assert objects.Conductor.hardware_types(admin) == {"fake-hardware": ["b"], "ipmi": ["a", "b"]}
    assert sorted(objects.Conductor.offline(admin)) == ["gone", "silent"]
    alive = {one.hostname: one.alive for one in objects.Conductor.list(admin)}
    assert alive == {"a": True, "b": True, "silent": False, "gone": False}


def test_interfaces_are_merged_over_the_conductors_alive(admin: Context) -> None:
    register(admin, "a", interfaces={"ipmi": POWER})
    other = {"power": {"enabled": ["ipmitool", "redfish"], "default": "redfish"}}
    register(admin, "b", interfaces={"ipmi": other, "fake-hardware": POWER})
    merged = objects.Conductor.interfaces(admin)
    assert merged["fake-hardware"] == POWER
    assert merged["ipmi"]["power"]["enabled"] == ["ipmitool", "fake", "redfish"]
    assert merged["ipmi"]["power"]["default"] == "fake"
    silence("a", CONF.conductor.heartbeat_timeout + 1)
    assert objects.Conductor.interfaces(admin)["ipmi"] == other


def test_touch_keeps_alive_and_revives(admin: Context) -> None:
    register(admin, "a", incarnation="x/1")
    silence("a", CONF.conductor.heartbeat_timeout + 1)
    assert not objects.Conductor.get_by_hostname(admin, "a").alive
    objects.Conductor.touch(admin, "a", "x/1")
    assert objects.Conductor.get_by_hostname(admin, "a").alive
    with pytest.raises(exception.ConductorNotFound):
        objects.Conductor.touch(admin, "nosuch", "x/1")


def test_a_rival_on_this_machine_is_refused_at_once(admin: Context) -> None:
    register(admin, "a")
    with pytest.raises(exception.ConductorAlreadyRegistered, match="'?a'? is already alive"):
        register(admin, "a")


def test_restart_after_kill_on_this_machine_is_immediate(admin: Context) -> None:
    program = (
        "from ironic_lite.common import process_identity; print(process_identity.new(), flush=True);"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as former:
        assert former.stdout is not None
        name = former.stdout.readline().strip()
        assert process_identity.look_up(name) is process_identity.Life.ALIVE
        register(admin, "a", incarnation=name)
        with pytest.raises(exception.ConductorAlreadyRegistered):
            register(admin, "a")
        former.kill()
    assert process_identity.look_up(name) is process_identity.Life.DEAD
    heir = objects.Conductor.new_incarnation()
    register(admin, "a", incarnation=heir)
    objects.Conductor.touch(admin, "a", heir)
    with pytest.raises(exception.ConductorSuperseded, match="a was replaced by a newer process"):
        objects.Conductor.touch(admin, "a", name)
    objects.Conductor.unregister(admin, "a", name)
    assert objects.Conductor.get_by_hostname(admin, "a").alive


def test_a_former_life_elsewhere_is_watched_before_it_is_replaced(admin: Context) -> None:
    register(admin, "a", incarnation=ELSEWHERE)
    began = time.monotonic()
    register(admin, "a", incarnation="here/1")
    waited = time.monotonic() - began
    assert 1 < waited < CONF.conductor.heartbeat_timeout
    with pytest.raises(exception.ConductorSuperseded):
        objects.Conductor.touch(admin, "a", ELSEWHERE)


def test_a_rival_elsewhere_that_shows_life_is_not_replaced(admin: Context) -> None:
    register(admin, "a", incarnation=ELSEWHERE)
    refused: list[Exception] = []

    def rival() -> None:
        try:
            register(admin, "a", incarnation="here/1")
        except exception.ConductorAlreadyRegistered as error:
            refused.append(error)

    newcomer = threading.Thread(target=rival)
    newcomer.start()

    def touched() -> bool:
        objects.Conductor.touch(admin, "a", ELSEWHERE)
        return not newcomer.is_alive()

    wait_for(touched, "the newcomer to give up", interval=0.1)
    newcomer.join(PATIENCE)
    assert len(refused) == 1


def test_of_newcomers_in_the_same_moment_one_wins(admin: Context) -> None:
    start = threading.Barrier(6)
    outcomes: list[str] = []

    def newcomer() -> None:
        start.wait(PATIENCE)
        try:
            register(admin, "a")
            outcomes.append("registered")
        except exception.ConductorAlreadyRegistered:
            outcomes.append("refused")

    threads = [threading.Thread(target=newcomer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(outcomes) == ["refused"] * 5 + ["registered"]


def test_locks_of_a_host_that_came_back_are_not_broken(admin: Context) -> None:
    node = objects.Node(admin, driver="ipmi")
    node.create()
    register(admin, "a", incarnation="a/1")
    silence("a", CONF.conductor.heartbeat_timeout + 1)
    dead = objects.Conductor.offline(admin)
    register(admin, "a", incarnation="a/2")
    held = objects.Node.reserve(admin, "a", node.id)
    assert objects.Node.release_orphans(admin, dead) == []
    held.check_lock()
    objects.Conductor.unregister(admin, "a", "a/1")
    assert objects.Node.release_orphans(admin, ["a"]) == []
    objects.Conductor.unregister(admin, "a", "a/2")
    assert [row["id"] for row in objects.Node.release_orphans(admin, ["a"])] == [node.id]
    held = objects.Node.reserve(admin, "a", node.id)
    register(admin, "a", incarnation="a/3")
    assert [
        row["id"] for row in objects.Node.release_orphans(admin, ["a"], even_if_alive=True)
    ] == [node.id]
