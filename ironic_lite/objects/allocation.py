# SPDX-License-Identifier: Apache-2.0
"""The allocation: a request for a node, and the node assigned to it."""

from typing import Any, Self

from ironic_lite.common import exception
from ironic_lite.db import allocations
from ironic_lite.objects import base
from ironic_lite.objects.node import Node
from ironic_lite.objects.record import Record

ALLOCATING = allocations.ALLOCATING
ACTIVE = allocations.ACTIVE
ERROR = allocations.ERROR


@base.register
class Allocation(Record):
    """Only ``take`` and ``create_with`` set ``node_id``; ``node_uuid`` follows from it."""

    REPOSITORY = allocations.allocations

    @classmethod
    def get_by_node_id(cls, context: Any, node_id: int) -> Self:
        """Return the allocation that has this node.

        :raises AllocationNotFound: when the node has no allocation.
        """
        found = cls.list(context, limit=1, filters={"node_id": node_id})
        if not found:
            raise exception.AllocationNotFound(allocation=f"of node {node_id}")
        return found[0]

    def take(self, node: Node) -> None:
        """Assign the node, which a task has locked, to this allocation, and make it active.

        The node's ``instance_uuid`` becomes the allocation's UUID, and its ``instance_info`` gets the traits.

        On an error nothing is written.

        :raises NodeAssociated: when the node has an instance or an allocation; look for another node.
        :raises NodeLockLost, NodeNotFound: when the task has lost the lock, or the node was deleted.
        :raises AllocationNotFound, AllocationFailed: when this allocation was deleted, or has another node.
        :raises InstanceAssociated: when another node has this allocation's UUID as its instance.
        """
        self._load(allocations.take(self.id, node.id, node._token))
        self.obj_reset_changes()
        node.refresh()

    def create_with(self, node: Node) -> None:
        """Insert this allocation with a node, which a task has locked: ``create`` and ``take`` in one transaction.

        On an error nothing is written.

        :raises Conflict: as ``create`` does.
        :raises NodeAssociated, NodeLockLost, NodeNotFound, InstanceAssociated: as ``take`` does.
        """
        self.along(allocations.taking(node.id, node._token))
        self.create()
        node.refresh()

    def fail(self, reason: str) -> bool:
        """Move the allocation to ``error``, if it still waits for a node.

        :param reason: the text for ``last_error``.
        :returns: False when another conductor has found a node or the allocation was deleted.
        """
        return allocations.fail(self.id, reason)

    @base.remotable
    def destroy(self) -> None:
        """Delete the allocation, and free its node.

        :raises AllocationNotFound: when it was deleted already.
        """
        allocations.destroy(self.id, self._also("destroy"))
