# SPDX-License-Identifier: Apache-2.0
"""Allocations: requests for a node."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, column, identity, table
from ironic_lite.db.types import JSONDict, LongJSONList, Told

ALLOCATING = "allocating"
"""The state of an allocation that waits for a node."""

ALLOCATIONS = table(
    "allocations",
    identity(),
    column("name", NAME, notified=True),
    column(
        "node_id",
        sa.Integer,
        sa.ForeignKey("nodes.id", name="fk_allocations_node_id", ondelete="CASCADE"),
        fixed=True,
    ),
    column("state", STATE, nullable=False, default=ALLOCATING, notified=True),
    column("owner", NAME, notified=True),
    column("last_error", Told, notified=True),
    column("resource_class", sa.String(80), notified=True),
    column("traits", LongJSONList, secret=None, notified=True),
    column("candidate_nodes", LongJSONList, secret=None, notified=True),
    column("extra", JSONDict, notified=True),
    column("conductor_affinity", sa.Integer),
    sa.UniqueConstraint("uuid", name="uniq_allocations_uuid"),
    sa.UniqueConstraint("name", name="uniq_allocations_name"),
    # Only this column says which node an allocation has, so no node can have two allocations.
    sa.UniqueConstraint("node_id", name="uniq_allocations_node_id"),
    sa.Index("ix_allocations_state", "state"),
    sa.Index("ix_allocations_owner", "owner"),
)
"""A request for a node, or the node that it got."""
