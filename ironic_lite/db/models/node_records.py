# SPDX-License-Identifier: Apache-2.0
"""Records of a node: BIOS settings, firmware components, history, inventory, journal."""

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import WHOLE, Guard
from ironic_lite.db.models.base import NAME, STATE, UUID, belongs_to, column, identity, table
from ironic_lite.db.types import FailureText, JSONDict, JSONList, UTCDateTime

BIOS_SETTINGS = table(
    "bios_settings",
    belongs_to("nodes", "node_id"),
    column("name", NAME, nullable=False),
    column("value", sa.Text, secret=Guard(whole=True, late=True, setting=True)),
    column("attribute_type", NAME),
    column("allowable_values", JSONList, secret=None),
    column("lower_bound", sa.BigInteger),
    column("upper_bound", sa.BigInteger),
    column("min_length", sa.Integer),
    column("max_length", sa.Integer),
    column("read_only", sa.Boolean),
    column("reset_required", sa.Boolean),
    column("unique", sa.Boolean),
    sa.UniqueConstraint("node_id", "name"),
    record="node_id",
)
"""A BIOS setting as last read from the server, and its description from the server's attribute registry."""

FIRMWARE_COMPONENTS = table(
    "firmware_components",
    belongs_to("nodes", "node_id"),
    column("component", NAME, nullable=False),
    column("initial_version", NAME),
    column("current_version", NAME),
    column("last_version_flashed", NAME),
    column("vendor", NAME),
    column("model", NAME),
    column("serial_number", NAME),
    sa.UniqueConstraint("node_id", "component"),
)
"""A firmware component of a server."""

NODE_HISTORY = table(
    "node_history",
    identity(),
    belongs_to("nodes", "node_id", fixed=True, index=True),
    column("conductor", NAME),
    column("severity", NAME),
    column("event_type", NAME),
    column("event", FailureText),
    column("user", NAME),
    column("project", NAME),
    column("state", NAME),
    column("target_provision_state", NAME),
    column("duration_seconds", sa.Integer),
    sa.Index(None, "created_at"),
)
"""An event in a node's history."""


def _inventory(name: str) -> sa.Table:
    return table(
        name,
        belongs_to("nodes", "node_id", unique=True),
        column("inventory_data", JSONDict, secret=WHOLE),
        column("plugin_data", JSONDict, secret=WHOLE),
        record="node_id",
    )


NODE_INVENTORY = _inventory("node_inventory")
"""The data of a server's last inspection."""

RECEIVED_INVENTORY = _inventory("received_inventory")
"""The data that the ramdisk of a running inspection has sent, until the inspection ends."""

NODE_JOURNAL = table(
    "node_journal",
    belongs_to("nodes", "node_id"),
    column("operation", UUID),
    column("kind", STATE, nullable=False),
    column("subject", NAME),
    column("outcome", STATE, nullable=False),
    column("detail", FailureText),
    column("state", STATE),
    column("until", UTCDateTime),
    column("conductor", NAME),
    column("user", NAME),
    column("project", NAME),
    column("request_id", NAME),
    column("times", sa.Integer),
    sa.Index(None, "node_id", "id"),
)
"""An action of a conductor on a node, written together with the change of the node; or something that its server did
when it booted, written without the node's lock. ``times`` counts the latter, and ``updated_at`` is the last of them."""
