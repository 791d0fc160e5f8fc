# SPDX-License-Identifier: Apache-2.0
"""Ports (network interfaces of nodes) and port groups (bonds)."""

import sqlalchemy as sa

from ironic_lite.db.models.base import MAC, NAME, belongs_to, column, identity, revision, table
from ironic_lite.db.types import JSONDict

PORTGROUPS = table(
    "portgroups",
    identity(),
    belongs_to("nodes", "node_id", index=True),
    column("name", NAME, notified=True, unique=True),
    column("address", MAC, notified=True, unique=True),
    column("mode", NAME, notified=True),
    column("properties", JSONDict, notified=True),
    column("extra", JSONDict, notified=True),
    column("internal_info", JSONDict),
    column("standalone_ports_supported", sa.Boolean, nullable=False, default=True, notified=True),
    column("physical_network", sa.String(64), notified=True),
    column("category", sa.String(80), notified=True),
    column("dynamic_portgroup", sa.Boolean, nullable=False, default=False, notified=True),
)
"""A port group: ports of a node that the operating system uses as one."""

PORTS = table(
    "ports",
    identity(),
    belongs_to("nodes", "node_id", index=True),
    column("address", MAC, nullable=False, notified=True, unique=True),
    column("name", NAME, notified=True, unique=True),
    column("description", NAME, notified=True),
    column("extra", JSONDict, notified=True),
    column("internal_info", JSONDict),
    column("local_link_connection", JSONDict, notified=True),
    column("physical_network", sa.String(64), notified=True),
    column("pxe_enabled", sa.Boolean, nullable=False, default=True, notified=True),
    column("is_smartnic", sa.Boolean, nullable=False, default=False, notified=True),
    column("vendor", sa.String(32), notified=True),
    column("category", sa.String(80), notified=True),
    column(
        "available_for_dynamic_portgroup", sa.Boolean, nullable=False, default=True, notified=True
    ),
    column(
        "portgroup_id",
        sa.Integer,
        # A port group with ports is deleted only with its node.
        sa.ForeignKey("portgroups.id", ondelete="SET NULL"),
        index=True,
    ),
    revision(),
)
"""A network interface of a node."""
