# SPDX-License-Identifier: Apache-2.0
"""Serves ``contract.allocations``."""

from ironic_lite.conductor.allocation import allocations
from ironic_lite.conductor.contract.allocations import AllocationCalls
from ironic_lite.conductor.contract.declaration import Context
from ironic_lite.conductor.endpoints.serving import served, unlocked
from ironic_lite.objects.allocation import Allocation


def _create(context: Context, allocation: Allocation, node_id: str | None = None) -> Allocation:
    if node_id is None:
        return allocations.request(context, allocation)
    return allocations.backfill(context, allocation, node_id)


SERVED = served(
    AllocationCalls,
    unlocked(AllocationCalls.create_allocation)(_create),
    unlocked(AllocationCalls.destroy_allocation)(allocations.destroy),
)
