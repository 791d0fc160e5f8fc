# SPDX-License-Identifier: Apache-2.0
"""What is known about a server besides its node: settings, firmware, history, inventory."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, UUID, belongs_to, table
from ironic_lite.db.types import JSONDict, JSONList, Told, UTCDateTime

BIOS_SETTINGS = table(
    "bios_settings",
    belongs_to("nodes", "node_id", of="bios_settings"),
    sa.Column("name", NAME, nullable=False),
    sa.Column("value", sa.Text),
    sa.Column("attribute_type", NAME),
    sa.Column("allowable_values", JSONList),
    sa.Column("lower_bound", sa.BigInteger),
    sa.Column("upper_bound", sa.BigInteger),
    sa.Column("min_length", sa.Integer),
    sa.Column("max_length", sa.Integer),
    sa.Column("read_only", sa.Boolean),
    sa.Column("reset_required", sa.Boolean),
    sa.Column("unique", sa.Boolean),
    sa.UniqueConstraint("node_id", "name", name="uniq_bios_settings_node_id_name"),
)
"""A BIOS setting as the server told it last, and what its registry says about it."""

FIRMWARE_COMPONENTS = table(
    "firmware_components",
    belongs_to("nodes", "node_id", of="firmware_components"),
    sa.Column("component", NAME, nullable=False),
    sa.Column("initial_version", NAME),
    sa.Column("current_version", NAME),
    sa.Column("last_version_flashed", NAME),
    sa.Column("vendor", NAME),
    sa.Column("model", NAME),
    sa.Column("serial_number", NAME),
    sa.UniqueConstraint("node_id", "component", name="uniq_firmware_components_node_id_component"),
)
"""A part of a server that has firmware."""

NODE_HISTORY = table(
    "node_history",
    sa.Column("uuid", UUID, nullable=False),
    belongs_to("nodes", "node_id", of="node_history"),
    sa.Column("conductor", NAME),
    sa.Column("severity", NAME),
    sa.Column("event_type", NAME),
    sa.Column("event", Told),
    sa.Column("user", NAME),
    sa.Column("project", NAME),
    sa.Column("state", NAME),
    sa.Column("target_provision_state", NAME),
    sa.Column("duration_seconds", sa.Integer),
    sa.UniqueConstraint("uuid", name="uniq_node_history_uuid"),
    sa.Index("ix_node_history_node_id", "node_id"),
    sa.Index("ix_node_history_created_at", "created_at"),
)
"""Something that happened to a node."""

NODE_INVENTORY = table(
    "node_inventory",
    belongs_to("nodes", "node_id", of="node_inventory"),
    sa.Column("inventory_data", JSONDict),
    sa.Column("plugin_data", JSONDict),
    sa.UniqueConstraint("node_id", name="uniq_node_inventory_node_id"),
)
"""What the last inspection of a server found."""

RECEIVED_INVENTORY = table(
    "received_inventory",
    belongs_to("nodes", "node_id", of="received_inventory"),
    sa.Column("inventory_data", JSONDict),
    sa.Column("plugin_data", JSONDict),
    sa.UniqueConstraint("node_id", name="uniq_received_inventory_node_id"),
)
"""What the ramdisk of a running inspection has sent, until the inspection ends."""

NODE_JOURNAL = table(
    "node_journal",
    belongs_to("nodes", "node_id", of="node_journal"),
    sa.Column("operation", UUID),
    sa.Column("kind", STATE, nullable=False),
    sa.Column("subject", NAME),
    sa.Column("outcome", STATE, nullable=False),
    sa.Column("detail", Told),
    sa.Column("state", STATE),
    sa.Column("until", UTCDateTime),
    sa.Column("conductor", NAME),
    sa.Column("user", NAME),
    sa.Column("project", NAME),
    sa.Column("request_id", NAME),
    sa.Index("ix_node_journal_node_id_id", "node_id", "id"),
)
"""What conductors did to a node, written together with what they changed about it."""
