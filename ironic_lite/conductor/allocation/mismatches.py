# SPDX-License-Identifier: Apache-2.0
"""Explains why no node fits an allocation: the nodes that almost fit, grouped by what does not.

An allocation with an owner is compared with that project's nodes only, so that it learns nothing about others.
"""

import collections
from collections.abc import Iterator
from typing import Any

from ironic_lite.common import context as ironic_context
from ironic_lite.common import states
from ironic_lite.objects.allocation import Allocation
from ironic_lite.objects.node import Node

_LOOKED_AT = 5000
"""Maximum number of nodes to check."""
_NAMED = 3
"""Maximum number of nodes to name per group."""

_COLUMNS = (
    "uuid",
    "name",
    "resource_class",
    "provision_state",
    "instance_uuid",
    "power_state",
    "maintenance",
    "retired",
    "traits",
)

Row = dict[str, Any]


def explain(context: ironic_context.RequestContext, allocation: Allocation) -> str:
    """Return one sentence for ``last_error`` that begins with a lower-case letter."""
    filters: Row = {}
    if allocation.owner is not None:
        filters["project"] = allocation.owner
    if allocation.candidate_nodes:
        filters["uuid_in"] = allocation.candidate_nodes
    else:
        filters["resource_class"] = allocation.resource_class
    kinds: dict[str, list[Row]] = collections.defaultdict(list)
    for row in Node.rows(context, _COLUMNS, limit=_LOOKED_AT, filters=filters):
        kinds[" and ".join(_obstacles(allocation, row)) or "fits now"].append(row)
    nothing = _nothing_fits(allocation)
    if not kinds:
        return nothing
    largest_first = sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0]))
    return f"{nothing}; closest matches: " + "; ".join(_kind(*kind) for kind in largest_first)


def _nothing_fits(allocation: Allocation) -> str:
    project = f" of project {allocation.owner}" if allocation.owner is not None else ""
    wanted = f"of resource class {allocation.resource_class}"
    if allocation.traits:
        wanted += f" with the traits {', '.join(allocation.traits)}"
    if allocation.candidate_nodes:
        return f"none of its candidate nodes{project} is available and {wanted}"
    return f"no available node{project} is {wanted}"


def _obstacles(allocation: Allocation, row: Row) -> Iterator[str]:
    if row["resource_class"] != allocation.resource_class:
        yield f"of resource class {row['resource_class'] or 'none'}"
    if row["provision_state"] != states.AVAILABLE:
        yield f"in state '{row['provision_state']}'"
    elif row["instance_uuid"] is not None:
        yield "with an instance"
    if row["maintenance"]:
        yield "under maintenance"
    if row["retired"]:
        yield "retired"
    if row["power_state"] is None:
        yield "with an unknown power state"
    missing = sorted(set(allocation.traits or ()) - set(row["traits"]))
    if missing:
        yield f"without {', '.join(missing)}"


def _kind(obstacles: str, rows: list[Row]) -> str:
    names = [row["name"] or row["uuid"] for row in rows[:_NAMED]]
    more = ", ..." if len(rows) > _NAMED else ""
    return f"{len(rows)} {obstacles} ({', '.join(names)}{more})"
