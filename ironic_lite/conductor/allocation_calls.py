# SPDX-License-Identifier: Apache-2.0
"""The client's side of ``allocation_endpoint``."""

from collections.abc import Callable
from typing import Any

from ironic_lite.common import context as ironic_context
from ironic_lite.objects.allocation import Allocation

VERSION = "1.1"
"""Of the conductor's RPC surface: since then all this has been there."""

Context = ironic_context.RequestContext


class AllocationCalls:
    """Mixed into ``ConductorAPI``, which brings ``_call``."""

    _call: Callable[..., Any]

    def create_allocation(
        self, context: Context, allocation: Allocation, topic: str, node_id: str | None = None
    ) -> Allocation:
        """Store a new allocation and begin to look for its node.

        :param node_id: the node that has its instance already; the allocation is active at once then.
        :returns: the allocation, still without a node unless one was named.
        :raises AllocationAlreadyExists, AllocationDuplicateName: when it clashes with another one.
        :raises AllocationFailed: when the named node does not fit. ``NodeAssociated`` when it has another instance.
        :raises NodeLocked: when somebody works on the named node.
        :raises NoFreeConductorWorker: when nobody can look for a node now.
        """
        return self._call(
            context,
            topic,
            "create_allocation",
            version=VERSION,
            allocation=allocation,
            node_id=node_id,
        )

    def destroy_allocation(self, context: Context, allocation_id: str, topic: str) -> None:
        """Delete an allocation; its node is free again.

        :raises AllocationNotFound:
        :raises InvalidState: when an instance runs on its node.
        :raises NodeLocked: when somebody works on its node.
        """
        self._call(
            context, topic, "destroy_allocation", version=VERSION, allocation_id=allocation_id
        )
