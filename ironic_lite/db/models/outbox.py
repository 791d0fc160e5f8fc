# SPDX-License-Identifier: Apache-2.0
"""What waits to be sent, and what a cluster does one at a time."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, UUID, table
from ironic_lite.db.types import JSONDict, UTCDateTime

MUTEXES = table(
    "mutexes",
    sa.Column("name", STATE, nullable=False),
    sa.Column("holder", NAME),
    sa.Column("held_at", UTCDateTime),
    sa.UniqueConstraint("name", name="uniq_mutexes_name"),
)
"""Rows to lock in a transaction, or to hold for a while. Migrations make them; none is added or removed at work."""

NOTIFICATIONS = table(
    "notifications",
    sa.Column("message_id", UUID, nullable=False),
    sa.Column("lane", STATE, nullable=False),
    sa.Column("message", JSONDict, nullable=False),
    sa.UniqueConstraint("message_id", name="uniq_notifications_message_id"),
    sa.Index("ix_notifications_lane_id", "lane", "id"),
    many=True,
)
"""A notification that no broker has confirmed yet. Those of one lane (the name of a mutex) are sent in their order."""
