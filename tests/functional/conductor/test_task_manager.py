# SPDX-License-Identifier: Apache-2.0
"""Tasks on a real database: locks, fencing, hand-over to the worker pool."""

import io
import logging
import threading
from collections.abc import Iterator

import pytest

from ironic_lite.common import exception, logs, states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud
from tests.waiting import PATIENCE, wait_for


@pytest.fixture
def inside(conductor: RPCService) -> Iterator[RPCService]:
    """The test's thread works for the conductor."""
    with conductor.manager.identity.active():
        yield conductor


def steal(cloud: Cloud, node: Node) -> Node:
    """Do what another conductor does when it considers this one dead."""
    Node.release_orphans(cloud.context, ["one"], even_if_alive=True)
    return Node.reserve(cloud.context, "thief", node.uuid)


def unlocked(cloud: Cloud, node: Node) -> bool:
    return cloud.node(node).reservation is None


def test_the_lock_carries_the_host_and_is_released(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    with task_manager.acquire(cloud.context, node.uuid, purpose="test") as task:
        assert cloud.node(node).reservation == "one"
        task.ensure_locked()
    assert unlocked(cloud, node)


def test_each_lock_is_in_the_log(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(logs.Storms(handler))
    logger = logging.getLogger("ironic_lite.conductor.task_manager")
    former = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        for _ in range(logs.BURST + 2):
            with task_manager.acquire(cloud.context, node.uuid, purpose="test"):
                pass
    finally:
        logger.setLevel(former)
        logger.removeHandler(handler)
    assert lines.getvalue().splitlines() == [f"Locked node {node.uuid} for test"] * (logs.BURST + 2)


def test_an_error_releases_the_lock(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    with pytest.raises(ZeroDivisionError), task_manager.acquire(cloud.context, node.uuid):
        raise ZeroDivisionError
    assert unlocked(cloud, node)


def test_shared_tasks_do_not_exclude_each_other(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    with (
        task_manager.acquire(cloud.context, node.uuid, shared=True) as first,
        task_manager.acquire(cloud.context, node.uuid, shared=True),
    ):
        with pytest.raises(exception.NodeLockLost):
            first.ensure_locked()
        first.upgrade_lock()
        first.ensure_locked()


def test_a_locked_node_is_tried_again(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    CONF.set_override("node_locked_retry_attempts", 200, group="conductor")
    CONF.set_override("node_locked_retry_interval", 0.02, group="conductor")
    held = Node.reserve(cloud.context, "somebody", node.uuid)
    timer = threading.Timer(0.1, held.release)
    timer.start()
    with task_manager.acquire(cloud.context, node.uuid) as task:
        task.ensure_locked()
    timer.join()


def test_a_write_under_a_stolen_lock_changes_nothing(
    cloud: Cloud, inside: RPCService, caplog: pytest.LogCaptureFixture
) -> None:
    node = cloud.create_node(description="before")
    with (
        caplog.at_level(logging.WARNING, "ironic_lite.conductor.task_manager"),
        pytest.raises(exception.NodeLockLost),
        task_manager.acquire(cloud.context, node.uuid, purpose="test") as task,
    ):
        steal(cloud, node)
        task.node.description = "after"
        task.node.last_error = "failed"
        task.node.save()
    found = cloud.node(node)
    assert (found.description, found.last_error, found.reservation) == ("before", None, "thief")
    assert len([r for r in caplog.records if "Lost the lock" in r.getMessage()]) == 1


def test_a_stolen_lock_is_not_released_by_its_former_holder(
    cloud: Cloud, inside: RPCService
) -> None:
    node = cloud.create_node()
    with task_manager.acquire(cloud.context, node.uuid):
        stolen = steal(cloud, node)
    assert cloud.node(node).reservation == "thief"
    stolen.check_lock()


def test_a_worker_that_lost_its_lock_ends_without_a_trace(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node(provision_state=states.MANAGEABLE)
    at_work, go_on = threading.Event(), threading.Event()

    def work(task: task_manager.TaskManager) -> None:
        at_work.set()
        go_on.wait(PATIENCE)
        task.set_power(states.POWER_ON)

    with task_manager.acquire(cloud.context, node.uuid, purpose="work") as task:
        task.process_event("inspect", callback=work, call_args=(task,))
    assert at_work.wait(PATIENCE)
    steal(cloud, node)
    go_on.set()
    workers = inside.manager.identity.workers
    assert workers.drain(PATIENCE)
    found = cloud.node(node)
    assert found.provision_state == states.INSPECTING
    assert (found.power_state, found.last_error) == (states.POWER_OFF, None)
    assert found.reservation == "thief"


def test_work_that_breaks_off_fails_the_node(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node(provision_state=states.MANAGEABLE)

    def work(task: task_manager.TaskManager) -> None:
        raise ValueError("no such luck")

    with task_manager.acquire(cloud.context, node.uuid, purpose="inspection") as task:
        task.process_event("inspect", callback=work, call_args=(task,))
    wait_for(lambda: cloud.node(node).provision_state == states.INSPECTFAIL, "the failure")
    wait_for(lambda: unlocked(cloud, node), "the release")
    assert cloud.node(node).last_error == "inspection failed: no such luck"


def test_work_may_hand_over_to_more_work(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    seen: list[str] = []

    def second() -> None:
        seen.append("second")

    def first(task: task_manager.TaskManager) -> None:
        seen.append("first")
        task.spawn_after(second)

    with task_manager.acquire(cloud.context, node.uuid) as task:
        task.spawn_after(first, task)
    assert inside.manager.identity.workers.drain(PATIENCE)
    assert seen == ["first", "second"]
    assert unlocked(cloud, node)


def test_a_failed_start_takes_the_move_back(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node(provision_state=states.MANAGEABLE, last_error="old")
    with pytest.raises(ZeroDivisionError), task_manager.acquire(cloud.context, node.uuid) as task:
        task.process_event("inspect", callback=lambda: None)
        raise ZeroDivisionError
    found = cloud.node(node)
    assert (found.provision_state, found.target_provision_state) == (states.MANAGEABLE, None)
    assert found.last_error == "old"
    assert unlocked(cloud, node)
    assert inside.manager.identity.workers.busy == 0


def test_power_refuses_to_act_without_the_lock(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    with task_manager.acquire(cloud.context, node.uuid) as task:
        steal(cloud, node)
        for action in (
            lambda: task.set_power(states.POWER_ON),
            lambda: task.set_boot_device("pxe"),
        ):
            with pytest.raises(exception.NodeLockLost):
                action()
    assert cloud.node(node).power_state == states.POWER_OFF
