# SPDX-License-Identifier: Apache-2.0
"""Allocations that wait for a node while nobody looks for one: their conductor has died, or could not go on."""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import allocations
from ironic_lite.objects.allocation import ALLOCATING, Allocation
from ironic_lite.objects.conductor import Conductor

LOG = log.getLogger(__name__)


def run(context: ironic_context.RequestContext, conductor_id: int) -> None:
    """Take up such searches, our own and those of conductors that are not alive.

    :param conductor_id: of this conductor.
    """
    rows = Allocation.rows(context, ("id", "conductor_affinity"), filters={"state": ALLOCATING})
    if not rows:
        return
    others = {
        conductor.id
        for conductor in Conductor.list(context)
        if conductor.alive and conductor.id != conductor_id
    }
    for row in rows:
        if row["conductor_affinity"] in others:
            continue
        try:
            allocations.resume(context, row["id"], conductor_id)
        except exception.AllocationNotFound:
            continue
        except exception.TemporaryFailure:
            LOG.info("No worker is free to look for nodes; the next run goes on")
            return
