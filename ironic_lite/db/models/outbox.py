# SPDX-License-Identifier: Apache-2.0
"""Notifications that wait to be sent, and the mutexes of the cluster."""

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import WHOLE
from ironic_lite.db.models.base import NAME, STATE, UUID, column, table
from ironic_lite.db.types import JSONDict, UTCDateTime

MUTEXES = table(
    "mutexes",
    column("name", STATE, nullable=False, unique=True),
    column("holder", NAME),
    column("held_at", UTCDateTime),
)
"""A mutex to lock in a transaction or to lease. Migrations add and remove mutexes; the service never does."""

NOTIFICATIONS = table(
    "notifications",
    column("message_id", UUID, nullable=False, unique=True),
    column("lane", STATE, nullable=False),
    column("message", JSONDict, nullable=False, secret=WHOLE),
    sa.Index(None, "lane", "id"),
    many=True,
    record="message_id",
)
"""A notification that no broker has confirmed yet. Those of one lane (the name of a mutex) are sent in order."""
