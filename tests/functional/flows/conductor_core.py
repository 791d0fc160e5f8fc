# SPDX-License-Identifier: Apache-2.0
"""A conductor without RPC and periodic tasks: its workers, drivers and database are real."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from ironic_lite import objects
from ironic_lite.common import context, states
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.cluster.ring import HashRingManager
from ironic_lite.conductor.cluster.workers import Workers
from ironic_lite.drivers.factory import DriverFactory
from tests.functional.flows import verbs
from tests.waiting import PATIENCE, wait_for

FAKE = {
    **{f"{kind}_interface": "fake" for kind in INTERFACE_TYPES},
    "network_interface": "noop",
    "storage_interface": "noop",
}


class ConductorCore:
    """Works on nodes like the RPC methods: locks the node, calls the flow, releases the lock."""

    def __init__(self, host: str = "core"):
        self.context = context.admin_context()
        self.identity = identity.Identity(
            host=host,
            group="",
            incarnation=str(uuid.uuid4()),
            workers=Workers(8),
            drivers=DriverFactory(),
            ring=HashRingManager(),
        )

    def close(self) -> None:
        """Wait for running work."""
        self.identity.workers.drain(PATIENCE)
        self.identity.workers.shutdown()

    def create_node(self, state: str = states.ENROLL, **fields: Any) -> objects.Node:
        """A fake-hardware node in the given state."""
        values: dict[str, Any] = {
            "uuid": str(uuid.uuid4()),
            "driver": "fake-hardware",
            "provision_state": state,
            **FAKE,
            **fields,
        }
        node = objects.Node(self.context, **values)
        node.create()
        return node

    def create_port(self, node: objects.Node, address: str) -> objects.Port:
        """A port of the node."""
        port = objects.Port(self.context, node_id=node.id, address=address, uuid=str(uuid.uuid4()))
        port.create()
        return port

    def node(self, node: objects.Node) -> Any:
        """The node as the database has it now."""
        return objects.Node.get_by_id(self.context, node.id)

    @contextlib.contextmanager
    def task(self, node: objects.Node, purpose: str = "a test") -> Iterator[Any]:
        """A task that holds the node."""
        with (
            self.identity.active(),
            task_manager.acquire(self.context, node.id, purpose=purpose) as task,
        ):
            yield task

    def do(self, function: Callable[..., Any], node: objects.Node, *args: Any, **kw: Any) -> Any:
        """Call a flow's function with a task; return the node once it is unlocked."""
        with self.task(node) as task:
            function(task, *args, **kw)
        return self.idle(node)

    def act(self, node: objects.Node, action: str) -> Any:
        """A provisioning action; see ``verbs.act``."""
        return self.do(verbs.act, node, action)

    def in_worker(self, function: Callable[..., Any], node: objects.Node, *args: Any) -> Any:
        """Run something on the worker pool under the node's lock."""
        with self.task(node) as task:
            task.spawn_after(function, task, *args)
        return self.idle(node)

    def idle(self, node: objects.Node) -> Any:
        """The node, once its lock is free."""
        wait_for(lambda: self.node(node).reservation is None, "the node's lock to be free")
        return self.node(node)
