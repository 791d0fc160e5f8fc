# SPDX-License-Identifier: Apache-2.0
"""Ports (network interfaces of nodes) and port groups (bonds)."""

import sqlalchemy as sa

from ironic_lite.db.models.base import MAC, NAME, belongs_to, column, identity, revision, table
from ironic_lite.db.types import JSONDict

PORTGROUPS = table(
    "portgroups",
    identity(),
    belongs_to("nodes", "node_id", of="portgroups"),
    column("name", NAME, notified=True),
    column("address", MAC, notified=True),
    column("mode", NAME, notified=True),
    column("properties", JSONDict, notified=True),
    column("extra", JSONDict, notified=True),
    column("internal_info", JSONDict),
    column("standalone_ports_supported", sa.Boolean, nullable=False, default=True, notified=True),
    column("physical_network", sa.String(64), notified=True),
    column("category", sa.String(80), notified=True),
    column("dynamic_portgroup", sa.Boolean, nullable=False, default=False, notified=True),
    sa.UniqueConstraint("uuid", name="uniq_portgroups_uuid"),
    sa.UniqueConstraint("name", name="uniq_portgroups_name"),
    sa.UniqueConstraint("address", name="uniq_portgroups_address"),
    sa.Index("ix_portgroups_node_id", "node_id"),
)
"""A port group: ports of a node that the operating system uses as one."""

PORTS = table(
    "ports",
    identity(),
    belongs_to("nodes", "node_id", of="ports"),
    column("address", MAC, nullable=False, notified=True),
    column("name", NAME, notified=True),
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
        sa.ForeignKey("portgroups.id", name="fk_ports_portgroup_id", ondelete="SET NULL"),
    ),
    revision(),
    sa.UniqueConstraint("uuid", name="uniq_ports_uuid"),
    sa.UniqueConstraint("address", name="uniq_ports_address"),
    sa.UniqueConstraint("name", name="uniq_ports_name"),
    sa.Index("ix_ports_node_id", "node_id"),
    sa.Index("ix_ports_portgroup_id", "portgroup_id"),
)
"""A network interface of a node."""
