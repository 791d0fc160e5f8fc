# SPDX-License-Identifier: Apache-2.0
"""Volume connectors and targets of nodes."""

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import LATE
from ironic_lite.db.models.base import NAME, belongs_to, column, identity, table
from ironic_lite.db.types import JSONDict

VOLUME_CONNECTORS = table(
    "volume_connectors",
    identity(),
    belongs_to("nodes", "node_id", index=True),
    column("type", sa.String(32), notified=True),
    column("connector_id", NAME, notified=True),
    column("extra", JSONDict, notified=True),
    sa.UniqueConstraint("type", "connector_id"),
)
"""A server's identity in a storage network: an initiator name, a WWN or an address."""

VOLUME_TARGETS = table(
    "volume_targets",
    identity(),
    belongs_to("nodes", "node_id"),
    column("volume_type", sa.String(64), notified=True),
    column("volume_id", NAME, notified=True),
    column("boot_index", sa.Integer, notified=True),
    column("properties", JSONDict, secret=LATE, notified=True),
    column("extra", JSONDict, notified=True),
    sa.UniqueConstraint("node_id", "boot_index"),
)
"""A remote volume for a server."""
