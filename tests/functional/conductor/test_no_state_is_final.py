# SPDX-License-Identifier: Apache-2.0
"""A node can leave every transient state without a restart: its owner's next periodic check continues the operation."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironic_lite.common import states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.periodics import orphans
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud
from tests.functional.flows.conductor_core import FAKE
from tests.waiting import wait_for

GOALS = {
    states.VERIFYING: states.MANAGEABLE,
    states.DEPLOYING: states.ACTIVE,
    states.DELETING: states.AVAILABLE,
    states.CLEANING: states.AVAILABLE,
    states.INSPECTING: states.MANAGEABLE,
    states.ADOPTING: states.ACTIVE,
    states.RESCUING: states.RESCUE,
    states.UNRESCUING: states.ACTIVE,
    states.SERVICING: states.ACTIVE,
}


def left_by_a_dead_conductor(cloud: Cloud, state: str, **fields: Any) -> Node:
    incarnation = Conductor.new_incarnation()
    Conductor.register(cloud.context, "dead", ["fake-hardware"], "", incarnation, {})
    Conductor.unregister(cloud.context, "dead", incarnation)
    values = {
        "uuid": str(uuid.uuid4()),
        "driver": "fake-hardware",
        "power_state": "power off",
        "provision_state": state,
        "target_provision_state": GOALS[state],
        **FAKE,
        **fields,
    }
    node = Node(cloud.context, **values)
    node.create()
    Node.reserve(cloud.context, "dead", node.id)
    return node


def look_around(cloud: Cloud, conductor: RPCService) -> None:
    with conductor.manager.identity.active():
        orphans.run(cloud.context, trusted=True)


def settled(cloud: Cloud, node: Node) -> Node:
    wait_for(
        lambda: (
            not provision_states.is_working(cloud.node(node).provision_state)
            and cloud.node(node).reservation is None
        ),
        "the node to come to rest",
        describe=lambda: cloud.node(node),
    )
    return cloud.node(node)


def test_all_working_states_are_here() -> None:
    assert sorted(GOALS) == provision_states.names(Kind.WORKING)


@pytest.mark.parametrize("maintenance", [False, True])
@pytest.mark.parametrize("state", sorted(GOALS))
def test_a_working_state_without_an_owner_ends(
    cloud: Cloud, conductor: RPCService, state: str, maintenance: bool
) -> None:
    node = left_by_a_dead_conductor(cloud, state, maintenance=maintenance)
    look_around(cloud, conductor)
    found = settled(cloud, node)
    assert found.provision_state == GOALS[state], found.last_error
    assert found.maintenance is maintenance


@pytest.mark.parametrize("state", sorted(GOALS))
def test_a_driver_that_the_new_owner_does_not_have_fails_it(
    cloud: Cloud, conductor: RPCService, state: str
) -> None:
    interfaces = {"power_interface": "elsewhere", "deploy_interface": "elsewhere"}
    node = left_by_a_dead_conductor(cloud, state, **interfaces)
    look_around(cloud, conductor)
    found = settled(cloud, node)
    assert found.provision_state in {
        *provision_states.names(Kind.FAILED),
        states.ENROLL,
        states.ERROR,
    }
    assert "elsewhere" in found.last_error


@pytest.fixture
def start_far_away(cloud: Cloud) -> Iterator[Callable[[str], RPCService]]:
    """Starts a conductor of the group ``far``."""

    def start(host: str) -> RPCService:
        CONF.set_override("conductor_group", "far", group="conductor")
        return cloud.start(host)

    yield start
    CONF.clear_override("conductor_group", group="conductor")


def test_nobody_is_left_in_the_conductor_group(
    cloud: Cloud, conductor: RPCService, start_far_away: Callable[[str], RPCService]
) -> None:
    node = left_by_a_dead_conductor(cloud, states.DEPLOYING, conductor_group="far")
    look_around(cloud, conductor)
    found = cloud.node(node)
    assert found.provision_state == states.DEPLOYING
    assert "no live conductor of conductor group 'far'" in found.last_error
    look_around(cloud, conductor)
    assert cloud.node(node).revision == found.revision, "it is said once"

    start_far_away("two")
    assert settled(cloud, node).provision_state == states.ACTIVE
    assert cloud.node(node).last_error is None


def test_a_waiting_node_is_told_when_its_group_is_back(
    cloud: Cloud, conductor: RPCService, start_far_away: Callable[[str], RPCService]
) -> None:
    node = left_by_a_dead_conductor(cloud, states.CLEANING, conductor_group="far")
    Node.release_orphans(cloud.context, ["dead"])
    node.refresh()
    node.provision_state = states.CLEANWAIT
    node.save()
    look_around(cloud, conductor)
    assert "continues once there is one" in cloud.node(node).last_error
    start_far_away("two")
    look_around(cloud, conductor)
    assert cloud.node(node).last_error is None


def test_a_lock_that_could_not_be_given_back_is_given_back_later(
    cloud: Cloud, conductor: RPCService
) -> None:
    """Leave the lock as a task does if the database is away at its end."""
    node = cloud.create_node()
    Node.reserve(cloud.context, "one", node.id)
    look_around(cloud, conductor)
    assert cloud.node(node).reservation is None


def test_the_lock_of_a_task_at_work_stays(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    go_on = threading.Event()
    with (
        conductor.manager.identity.active(),
        task_manager.acquire(cloud.context, node.uuid) as task,
    ):
        task.spawn_after(go_on.wait, 20)
    look_around(cloud, conductor)
    assert cloud.node(node).reservation == "one"
    go_on.set()
    settled(cloud, node)
    # The database knows it a moment before the conductor does.
    wait_for(lambda: not conductor.manager.identity.locks, "the lock to be forgotten")


def test_locks_of_a_newer_life_stay(cloud: Cloud, conductor: RPCService) -> None:
    """A paused process continues, after another process has taken its name."""
    node = cloud.create_node()
    Conductor.unregister(cloud.context, "one", conductor.manager.identity.incarnation)
    newer = Conductor.new_incarnation()
    Conductor.register(cloud.context, "one", ["fake-hardware"], "", newer, {})
    Node.reserve(cloud.context, "one", node.id)
    look_around(cloud, conductor)
    assert cloud.node(node).reservation == "one"
