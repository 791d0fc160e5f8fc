# SPDX-License-Identifier: Apache-2.0
"""Conductors in this process, on a SQLite file and the in-process transport."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite.common import context
from ironic_lite.conductor import rpcapi
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.conductor.service import RPCService
from ironic_lite.objects.node import Node


class Cloud:
    """Conductors and a client of theirs."""

    def __init__(self) -> None:
        self.context = context.admin_context()
        self.alarms: list[str] = []
        self.running: list[RPCService] = []
        self.api = rpcapi.ConductorAPI()

    def start(self, host: str = "one") -> RPCService:
        """A conductor that is up."""
        service = RPCService(host, self.alarms.append)
        service.start()
        self.running.append(service)
        return service

    def stop(self, service: RPCService) -> None:
        """Stop them."""
        self.running.remove(service)
        service.stop()

    def create_node(self, **fields: Any) -> Node:
        """A node, through the conductor, with its power off."""
        values = {
            "uuid": str(uuid.uuid4()),
            "driver": "fake-hardware",
            "provision_state": "enroll",
            "power_state": "power off",
            "conductor_group": "",
            **fields,
        }
        node = Node(self.context, **values)
        return self.api.of(node).create_node(self.context, node)

    def node(self, node: Node) -> Node:
        """The node as the database has it."""
        return Node.get(self.context, node.uuid)

    def of(self, node: Node) -> ConductorCalls:
        """The node's conductor."""
        return self.api.of(node)


@pytest.fixture
def cloud(configured: None) -> Iterator[Cloud]:
    """No conductor yet."""
    made = Cloud()
    yield made
    for service in reversed(made.running):
        with contextlib.suppress(Exception):
            service.stop()


@pytest.fixture
def conductor(cloud: Cloud) -> RPCService:
    """One conductor, 'one'."""
    return cloud.start()
