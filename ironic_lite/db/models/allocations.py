# SPDX-License-Identifier: Apache-2.0
"""Allocations: requests for a node."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, column, identity, table
from ironic_lite.db.types import FailureText, JSONDict, LongJSONList

ALLOCATING = "allocating"
"""The state of an allocation that waits for a node."""

ALLOCATIONS = table(
    "allocations",
    identity(),
    column("name", NAME, notified=True, unique=True),
    # Only this column says which node an allocation has, so no node can have two allocations.
    column(
        "node_id",
        sa.Integer,
        sa.ForeignKey("nodes.id", ondelete="CASCADE"),
        fixed=True,
        unique=True,
    ),
    column("state", STATE, nullable=False, default=ALLOCATING, notified=True, index=True),
    column("owner", NAME, notified=True, index=True),
    column("last_error", FailureText, notified=True),
    column("resource_class", sa.String(80), notified=True),
    column("traits", LongJSONList, secret=None, notified=True),
    column("candidate_nodes", LongJSONList, secret=None, notified=True),
    column("extra", JSONDict, notified=True),
    column("conductor_affinity", sa.Integer),
)
"""A request for a node, or the node that it got."""
