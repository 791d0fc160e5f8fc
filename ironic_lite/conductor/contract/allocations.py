# SPDX-License-Identifier: Apache-2.0
"""The RPCs about allocations."""

from typing import Protocol

from ironic_lite.conductor.contract.declaration import Context, unlocked
from ironic_lite.objects.allocation import Allocation


class AllocationCalls(Protocol):
    """They lock the node that an allocation gets or has by themselves, once they know which one it is."""

    @unlocked(since="1.1")
    def create_allocation(
        self, context: Context, allocation: Allocation, node_id: str | None = None
    ) -> Allocation:
        """Store a new allocation and begin to look for its node.

        :param node_id: the node that has its instance already; the allocation is active at once then.
        :returns: the allocation, still without a node unless one was named.
        :raises AllocationAlreadyExists, AllocationDuplicateName: when it clashes with another one.
        :raises AllocationFailed: when the named node does not fit. ``NodeAssociated`` when it has another instance.
        :raises NodeLocked: when somebody works on the named node.
        :raises NoFreeConductorWorker: when nobody can look for a node now.
        """

    @unlocked(since="1.1")
    def destroy_allocation(self, context: Context, allocation_id: str) -> None:
        """Delete an allocation; its node is free again.

        :raises AllocationNotFound: when it is gone already.
        :raises InvalidState: when an instance runs on its node.
        :raises NodeLocked: when somebody works on its node.
        """
