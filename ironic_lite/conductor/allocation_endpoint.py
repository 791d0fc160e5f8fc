# SPDX-License-Identifier: Apache-2.0
"""The part of the conductor's RPC surface that is about allocations."""

import oslo_messaging

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import allocation_calls, allocations
from ironic_lite.conductor.surface import Endpoint, exposed
from ironic_lite.objects.allocation import Allocation

Context = ironic_context.RequestContext


class AllocationEndpoint(Endpoint):
    """See :class:`ironic_lite.conductor.allocation_calls.AllocationCalls` for what each method answers and raises."""

    target = oslo_messaging.Target(version=allocation_calls.VERSION)

    @exposed
    def create_allocation(
        self, context: Context, allocation: Allocation, node_id: str | None = None
    ) -> Allocation:
        if node_id is None:
            return allocations.request(context, allocation)
        return allocations.backfill(context, allocation, node_id)

    @exposed
    def destroy_allocation(self, context: Context, allocation_id: str) -> None:
        allocations.destroy(context, allocation_id)
