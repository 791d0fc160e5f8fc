# SPDX-License-Identifier: Apache-2.0
"""If-Match under the lock: a change between the API's check and the conductor's lock is detected."""

from collections.abc import Iterator

import pytest

from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.service import RPCService
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud


@pytest.fixture
def inside(conductor: RPCService) -> Iterator[RPCService]:
    """The test's thread works for the conductor."""
    with conductor.manager.identity.active():
        yield conductor


def requiring(node: Node) -> RequestContext:
    """Return a request's context for the node's present revision, as it comes over RPC."""
    required = {"uuid": node.uuid, "revision": node.revision}
    sent = RequestContext(is_admin=True, required_revision=required)
    return RequestContext.from_dict(sent.to_dict())


def test_a_change_in_between_is_seen(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    context = requiring(node)
    node.extra = {"somebody": "else"}
    node.save()
    with (
        pytest.raises(exception.PreconditionFailed, match=node.uuid),
        task_manager.acquire(context, node.uuid),
    ):
        pytest.fail("the task began")
    assert cloud.node(node).reservation is None


def test_a_request_may_change_what_it_was_let_through_for(cloud: Cloud, inside: RPCService) -> None:
    node = cloud.create_node()
    context = requiring(node)
    for value in range(2):
        with task_manager.acquire(context, node.uuid) as task:
            task.node.extra = {"value": value}
            task.node.save()
    assert cloud.node(node).extra == {"value": 1}


def test_another_record_is_not_meant(cloud: Cloud, inside: RPCService) -> None:
    node, other = cloud.create_node(), cloud.create_node()
    context = requiring(node)
    other.extra = {"a": 1}
    other.save()
    with task_manager.acquire(context, other.uuid):
        assert context.required_revision is not None
