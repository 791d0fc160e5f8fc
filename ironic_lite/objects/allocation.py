# SPDX-License-Identifier: Apache-2.0
"""The allocation: a request for a node, or the node that it got."""

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
    """``node_id`` is set by ``take`` and ``create_with`` alone; ``node_uuid`` follows from it."""

    REPOSITORY = allocations.allocations

    @classmethod
    def get_by_node_id(cls, context: Any, node_id: int) -> Self:
        """The allocation that has this node.

        :raises AllocationNotFound:
        """
        found = cls.list(context, limit=1, filters={"node_id": node_id})
        if not found:
            raise exception.AllocationNotFound(allocation=f"of node {node_id}")
        return found[0]

    def take(self, node: Node) -> None:
        """Give this allocation the node, which a task has locked, and make it active.

        The node's ``instance_uuid`` becomes the allocation's UUID, and its ``instance_info`` gets the traits.

        :raises NodeAssociated: the node has an instance or an allocation; look for another.
        :raises NodeLockLost: ``NodeNotFound``, ``AllocationNotFound`` when it was deleted, ``AllocationFailed`` when
            it has another node, ``InstanceAssociated`` when another node has its UUID as the instance. Nothing was
            written.
        """
        self._load(allocations.take(self.id, node.id, node._token))
        self.obj_reset_changes()
        node.refresh()

    def create_with(self, node: Node) -> None:
        """Insert this allocation with a node, which a task has locked: ``create`` and ``take`` in one transaction.

        :raises Conflict: as ``create`` does.
        :raises NodeAssociated: as ``take`` does, ``NodeLockLost``, ``NodeNotFound`` and ``InstanceAssociated`` too.
            Nothing was written.
        """
        self.along(allocations.taking(node.id, node._token))
        self.create()
        node.refresh()

    def fail(self, reason: str) -> bool:
        """Give up, unless another conductor has found a node by now or the allocation was deleted.

        :returns: whether the allocation failed.
        """
        return allocations.fail(self.id, reason)

    @base.remotable
    def destroy(self) -> None:
        """Delete the allocation; its node has no instance any more.

        :raises AllocationNotFound:
        """
        allocations.destroy(self.id, self._also("destroy"))
