# SPDX-License-Identifier: Apache-2.0
"""The RPCs about allocations."""

from typing import Protocol

from ironic_lite.conductor.contract.declaration import Context, unlocked
from ironic_lite.objects.allocation import Allocation


class AllocationCalls(Protocol):
    """Each call locks the allocation's node itself, once it knows which node that is."""

    @unlocked(since="1.1")
    def create_allocation(
        self, context: Context, allocation: Allocation, node_id: str | None = None
    ) -> Allocation:
        """Store a new allocation and start the search for its node.

        :param node_id: a node that has the instance already; the allocation is active at once.
        :returns: the allocation, without a node unless ``node_id`` names one.
        :raises AlreadyExists: when another allocation has its UUID or name.
        :raises AllocationFailed: when the named node does not fit. ``NodeAssociated`` when it has another instance.
        :raises NodeLocked: when another task holds the lock of the named node.
        :raises NoFreeConductorWorker: when no worker is free for the search.
        """

    @unlocked(since="1.1")
    def destroy_allocation(self, context: Context, allocation_id: str) -> None:
        """Delete an allocation and free its node.

        :raises AllocationNotFound: when there is no such allocation.
        :raises InvalidState: when an instance runs on its node.
        :raises NodeLocked: when another task holds the lock of its node.
        """
