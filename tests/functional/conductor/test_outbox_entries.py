# SPDX-License-Identifier: Apache-2.0
"""A conductor writes notifications into the outbox with the change or not at all, and none while they are disabled."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.conductor import task_manager
from ironic_lite.db import engine
from ironic_lite.db.models import NOTIFICATIONS
from ironic_lite.objects.node import Node
from tests.functional.conductor.outbox import waiting
from tests.options import overridden
from tests.waiting import wait_for

pytestmark = pytest.mark.timed


def events(node: Node) -> list[str]:
    return [m["event_type"].removeprefix("baremetal.node.") for m in waiting(node.uuid)]


@pytest.fixture
def told() -> Iterator[None]:
    with overridden({"DEFAULT": {"notification_level": "info"}}):
        yield


def settled(cloud: Any, node: Node, state: str) -> Node:
    return wait_for(
        lambda: (
            (now := cloud.node(node)).provision_state == state and now.reservation is None and now
        ),
        f"the node to be {state}",
    )


def manage(cloud: Any, node: Node) -> None:
    cloud.of(node).provision(cloud.context, node.uuid, "manage", {})


def test_nothing_is_written_while_they_are_off(cloud: Any, conductor: Any) -> None:
    node = cloud.create_node()
    manage(cloud, node)
    settled(cloud, node, "manageable")
    with engine.reader() as connection:
        assert connection.execute(sa.select(NOTIFICATIONS.c.id)).all() == []


def test_only_errors(cloud: Any, conductor: Any) -> None:
    options = {"DEFAULT": {"notification_level": "error"}, "ipmi": {"command_retry_timeout": 1}}
    with overridden(options):
        node = cloud.create_node(driver="ipmi", driver_info={"ipmi_address": "127.0.0.1"})
        manage(cloud, node)
        settled(cloud, node, "enroll")
        wait_for(lambda: events(node), "the error")
        assert events(node) == ["provision_set.error"]


def test_a_change_under_a_lost_lock_is_not_told(cloud: Any, conductor: Any, told: None) -> None:
    node = cloud.create_node()
    with conductor.manager.identity.active():
        task = task_manager.acquire(cloud.context, node.uuid, purpose="a test")
        with pytest.raises(exception.NodeLockLost), task:
            Node.release_orphans(cloud.context, ["one"], even_if_alive=True)
            task.process_event("manage")
    assert events(node) == []
    assert cloud.node(node).provision_state == "enroll"


def test_a_start_that_is_taken_back_is_told_as_an_error(
    cloud: Any, conductor: Any, told: None
) -> None:
    node = cloud.create_node()
    with conductor.manager.identity.active():
        task = task_manager.acquire(cloud.context, node.uuid, purpose="a test")
        with pytest.raises(ZeroDivisionError), task:
            task.process_event("manage", callback=lambda: None)
            raise ZeroDivisionError
    assert events(node) == ["provision_set.start", "provision_set.error"]


@pytest.mark.parametrize("enabled", [True, False])
def test_consoles(cloud: Any, conductor: Any, told: None, enabled: bool) -> None:
    node = cloud.create_node(console_interface="fake", console_enabled=not enabled)
    cloud.of(node).set_console_mode(cloud.context, node.uuid, enabled)
    wait_for(lambda: cloud.node(node).console_enabled is enabled, "the console")
    assert events(node) == ["console_set.start", "console_set.end"]
    assert waiting(node.uuid)[0]["payload"]["ironic_object.name"] == "NodePayload"
