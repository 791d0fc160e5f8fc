# SPDX-License-Identifier: Apache-2.0
"""A process without database access works on objects through a conductor."""

import uuid

import pytest

from ironic_lite.common import exception
from ironic_lite.conductor.service import RPCService
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port
from tests.functional.conductor.conftest import Cloud


@pytest.fixture
def indirect(cloud: Cloud, conductor: RPCService) -> Cloud:
    """A conductor, asked as a client process asks it. (The switch itself is of the whole process, thus of the
    conductor too; the cluster's tests have a process that sets it.)"""
    return cloud


def asked(cloud: Cloud, method: str, *args: object, **kwargs: object) -> object:
    """Send what a client process sends for ``Node.<method>``."""
    return cloud.api.any().object_class_action_versions(
        cloud.context, "Node", method, {"Node": Node.VERSION}, args, kwargs
    )


def test_queries(indirect: Cloud) -> None:
    node = indirect.create_node(name="n1", extra={"a": [1]})
    found = asked(indirect, "get", node.uuid)
    assert isinstance(found, Node)
    assert (found.name, found.extra) == ("n1", {"a": [1]})
    listed = asked(indirect, "list")
    assert [one.uuid for one in listed] == [node.uuid]
    assert asked(indirect, "rows", ["uuid"]) == [{"uuid": node.uuid}]


def test_errors_keep_their_class(indirect: Cloud) -> None:
    with pytest.raises(exception.NodeNotFound):
        asked(indirect, "get", str(uuid.uuid4()))


def test_methods_of_an_object(indirect: Cloud) -> None:
    node = indirect.create_node()
    node = indirect.node(node)
    node.description = "new"
    updates, _ = indirect.api.any().object_action(indirect.context, node, "save", (), {})
    assert updates["obj_what_changed"] == []
    assert indirect.node(node).description == "new"


def test_an_agents_token_is_claimed_once_and_by_the_same_again(indirect: Cloud) -> None:
    """A caller without an answer sends its request again."""
    node = indirect.node(indirect.create_node())
    for token, claimed in (("t" * 43, True), ("t" * 43, True), ("u" * 43, False)):
        assert asked(indirect, "claim_agent_token", node.id, token) is claimed


def test_only_remotable_methods_can_be_called(indirect: Cloud) -> None:
    for method in ("reserve", "release_orphans", "_from_row", "obj_from_primitive"):
        with pytest.raises(exception.Invalid):
            asked(indirect, method, ["one"])
    node = indirect.node(indirect.create_node())
    with pytest.raises(exception.Invalid):
        indirect.api.any().object_action(indirect.context, node, "release", (), {})


def test_the_ring_and_ports_come_over_rpc_too(indirect: Cloud) -> None:
    node = indirect.create_node()
    port = Port(indirect.context, node_id=node.id, address="52:54:00:00:00:01")
    port.create()
    direct = Conductor.ring_members(indirect.context)
    answer = indirect.api.any().object_class_action_versions(
        indirect.context, "Conductor", "ring_members", {"Conductor": "1.0"}, (), {}
    )
    assert answer == direct
    ports = indirect.api.any().object_class_action_versions(
        indirect.context,
        "Port",
        "list",
        {"Port": Port.VERSION},
        (),
        {"filters": {"node_id": node.id}},
    )
    assert [one.address for one in ports] == ["52:54:00:00:00:01"]
