# SPDX-License-Identifier: Apache-2.0
"""At most as many nodes as the operator allows are deployed, or undeployed and cleaned, at the same time."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_journal import NodeJournal
from tests.functional.conductor.outbox import waiting
from tests.options import overridden

pytestmark = pytest.mark.timed

LIMITS = {
    "conductor": {"max_concurrent_deploy": 2, "max_concurrent_clean": 2, "automated_clean": False},
    "DEFAULT": {"notification_level": "info"},
}

Request = Callable[[Any, Node], None]


def deploy(cloud: Any, node: Node) -> None:
    cloud.of(node).provision(cloud.context, node.uuid, "deploy", {})


def rebuild(cloud: Any, node: Node) -> None:
    cloud.of(node).provision(cloud.context, node.uuid, "rebuild", {})


def tear_down(cloud: Any, node: Node) -> None:
    cloud.of(node).provision(cloud.context, node.uuid, "delete", {})


def clean(cloud: Any, node: Node) -> None:
    steps = [{"interface": "vendor", "step": "log_passthrough"}]
    cloud.of(node).provision(cloud.context, node.uuid, "clean", {"clean_steps": steps})


@pytest.mark.parametrize(
    ("request_it", "rests_in", "busy", "action", "option"),
    [
        (deploy, "available", "wait call-back", "provisioning", "max_concurrent_deploy"),
        (rebuild, "active", "deploy hold", "provisioning", "max_concurrent_deploy"),
        (tear_down, "active", "clean wait", "unprovisioning", "max_concurrent_clean"),
        (clean, "manageable", "clean hold", "cleaning", "max_concurrent_clean"),
    ],
)
def test_one_too_many_is_refused_and_nothing_has_happened(
    cloud: Any,
    conductor: Any,
    request_it: Request,
    rests_in: str,
    busy: str,
    action: str,
    option: str,
) -> None:
    with overridden(LIMITS):
        others = [cloud.create_node(provision_state=busy) for _ in range(2)]
        node = cloud.create_node(provision_state=rests_in, vendor_interface="fake")
        with pytest.raises(exception.ConcurrentActionLimit) as refusal:
            request_it(cloud, node)
        assert f"limit for {action} has been reached" in refusal.value.message
        assert f"[conductor] {option} = 2" in refusal.value.message
        assert refusal.value.code == 503
        now = cloud.node(node)
        assert (now.provision_state, now.reservation, now.last_error) == (rests_in, None, None)
        assert now.operation is None
        assert NodeJournal.rows(cloud.context, node.id) == []
        assert waiting(node.uuid) == []

        others[0].provision_state = "available"
        others[0].save()
        request_it(cloud, node)
        assert cloud.node(node).last_error is None


def test_what_waits_already_may_be_given_up(cloud: Any, conductor: Any) -> None:
    with overridden(LIMITS):
        waiting_nodes = [cloud.create_node(provision_state="wait call-back") for _ in range(3)]
        tear_down(cloud, waiting_nodes[0])


def test_nodes_are_made_available_without_limit(cloud: Any, conductor: Any) -> None:
    with overridden(LIMITS):
        for _ in range(2):
            cloud.create_node(provision_state="clean wait")
        node = cloud.create_node(provision_state="manageable")
        cloud.of(node).provision(cloud.context, node.uuid, "provide", {})
