# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of nodes, and bonds of them."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, UUID, belongs_to, revision, table
from ironic_lite.db.types import JSONDict

PORTGROUPS = table(
    "portgroups",
    sa.Column("uuid", UUID, nullable=False),
    belongs_to("nodes", "node_id", of="portgroups"),
    sa.Column("name", NAME),
    sa.Column("address", sa.String(64)),
    sa.Column("mode", NAME),
    sa.Column("properties", JSONDict),
    sa.Column("extra", JSONDict),
    sa.Column("internal_info", JSONDict),
    sa.Column("standalone_ports_supported", sa.Boolean, nullable=False),
    sa.Column("physical_network", sa.String(64)),
    sa.Column("category", sa.String(80)),
    sa.Column("dynamic_portgroup", sa.Boolean, nullable=False),
    sa.UniqueConstraint("uuid", name="uniq_portgroups_uuid"),
    sa.UniqueConstraint("name", name="uniq_portgroups_name"),
    sa.UniqueConstraint("address", name="uniq_portgroups_address"),
    sa.Index("ix_portgroups_node_id", "node_id"),
)
"""Ports of a node that the operating system uses as one."""

PORTS = table(
    "ports",
    sa.Column("uuid", UUID, nullable=False),
    belongs_to("nodes", "node_id", of="ports"),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("extra", JSONDict),
    sa.Column("internal_info", JSONDict),
    sa.Column("local_link_connection", JSONDict),
    sa.Column("physical_network", sa.String(64)),
    sa.Column("pxe_enabled", sa.Boolean, nullable=False),
    sa.Column("is_smartnic", sa.Boolean, nullable=False),
    sa.Column("vendor", sa.String(32)),
    sa.Column("category", sa.String(80)),
    sa.Column("available_for_dynamic_portgroup", sa.Boolean, nullable=False),
    sa.Column(
        "portgroup_id",
        sa.Integer,
        # Portgroups with ports are not deleted, except with their node.
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
