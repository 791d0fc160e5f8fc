# SPDX-License-Identifier: Apache-2.0
"""Remote storage of nodes."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, UUID, belongs_to, table
from ironic_lite.db.types import JSONDict

VOLUME_CONNECTORS = table(
    "volume_connectors",
    sa.Column("uuid", UUID, nullable=False),
    belongs_to("nodes", "node_id", of="volume_connectors"),
    sa.Column("type", sa.String(32)),
    sa.Column("connector_id", NAME),
    sa.Column("extra", JSONDict),
    sa.UniqueConstraint("uuid", name="uniq_volume_connectors_uuid"),
    sa.UniqueConstraint("type", "connector_id", name="uniq_volume_connectors_type_connector_id"),
    sa.Index("ix_volume_connectors_node_id", "node_id"),
)
"""How a server presents itself to a storage network: an initiator name, a WWN, an address."""

VOLUME_TARGETS = table(
    "volume_targets",
    sa.Column("uuid", UUID, nullable=False),
    belongs_to("nodes", "node_id", of="volume_targets"),
    sa.Column("volume_type", sa.String(64)),
    sa.Column("volume_id", NAME),
    sa.Column("boot_index", sa.Integer),
    sa.Column("properties", JSONDict),
    sa.Column("extra", JSONDict),
    sa.UniqueConstraint("uuid", name="uniq_volume_targets_uuid"),
    sa.UniqueConstraint("node_id", "boot_index", name="uniq_volume_targets_node_id_boot_index"),
)
"""A volume that a server is to be connected to."""
