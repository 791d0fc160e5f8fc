# SPDX-License-Identifier: Apache-2.0
"""Resumes searches for a node for allocations, when the conductor that searched died or could not go on."""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.allocation import allocations
from ironic_lite.objects.allocation import ALLOCATING, Allocation
from ironic_lite.objects.conductor import Conductor

LOG = log.getLogger(__name__)


def run(context: ironic_context.RequestContext, conductor_id: int) -> None:
    """Resume such searches: our own, and those of conductors that are not alive.

    :param conductor_id: id of this conductor's record.
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
            LOG.info("No worker is free to search nodes for allocations; the next run continues")
            return
