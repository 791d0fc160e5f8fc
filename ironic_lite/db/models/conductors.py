# SPDX-License-Identifier: Apache-2.0
"""Conductors, and what they have enabled."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, table
from ironic_lite.db.types import JSONList, LowerCase

CONDUCTORS = table(
    "conductors",
    sa.Column("hostname", NAME, nullable=False),
    sa.Column("conductor_group", LowerCase(255), nullable=False),
    sa.Column("drivers", JSONList),
    sa.Column("incarnation", NAME, nullable=False),
    sa.Column("online", sa.Boolean, nullable=False),
    sa.UniqueConstraint("hostname", name="uniq_conductors_hostname"),
)
"""A conductor process; ``updated_at`` is its last sign of life by the database server's clock."""

INTERFACES = table(
    "conductor_hardware_interfaces",
    sa.Column(
        "conductor_id",
        sa.Integer,
        sa.ForeignKey(
            "conductors.id", name="fk_conductor_hardware_interfaces_conductor", ondelete="CASCADE"
        ),
        nullable=False,
    ),
    sa.Column("hardware_type", sa.String(64), nullable=False),
    sa.Column("interface_type", sa.String(16), nullable=False),
    sa.Column("interface_name", sa.String(64), nullable=False),
    sa.Column("default", sa.Boolean, nullable=False),
    sa.UniqueConstraint(
        "conductor_id",
        "hardware_type",
        "interface_type",
        "interface_name",
        name="uniq_conductor_hardware_interfaces",
    ),
)
"""An implementation that a conductor has enabled for a hardware type."""
