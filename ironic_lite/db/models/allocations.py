# SPDX-License-Identifier: Apache-2.0
"""Requests for a node."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, UUID, table
from ironic_lite.db.types import JSONDict, LongJSONList, Told

ALLOCATIONS = table(
    "allocations",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("name", NAME),
    sa.Column(
        "node_id",
        sa.Integer,
        sa.ForeignKey("nodes.id", name="fk_allocations_node_id", ondelete="CASCADE"),
    ),
    sa.Column("state", STATE, nullable=False),
    sa.Column("owner", NAME),
    sa.Column("last_error", Told),
    sa.Column("resource_class", sa.String(80)),
    sa.Column("traits", LongJSONList),
    sa.Column("candidate_nodes", LongJSONList),
    sa.Column("extra", JSONDict),
    sa.Column("conductor_affinity", sa.Integer),
    sa.UniqueConstraint("uuid", name="uniq_allocations_uuid"),
    sa.UniqueConstraint("name", name="uniq_allocations_name"),
    # Which node has which allocation is told here alone: no node can have two.
    sa.UniqueConstraint("node_id", name="uniq_allocations_node_id"),
    sa.Index("ix_allocations_state", "state"),
    sa.Index("ix_allocations_owner", "owner"),
)
"""A request for a node, or the node that it got."""
