# SPDX-License-Identifier: Apache-2.0
"""Conductors, and the interfaces that they have enabled."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, column, table
from ironic_lite.db.types import JSONList, LowerCase

CONDUCTORS = table(
    "conductors",
    column("hostname", NAME, nullable=False, unique=True),
    column("conductor_group", LowerCase(255), nullable=False),
    column("drivers", JSONList, secret=None),
    column("incarnation", NAME, nullable=False),
    column("online", sa.Boolean, nullable=False),
)
"""A conductor process; ``updated_at`` is its last keepalive by the database server's clock."""

INTERFACES = table(
    "conductor_hardware_interfaces",
    column(
        "conductor_id",
        sa.Integer,
        sa.ForeignKey(
            "conductors.id", name="fk_conductor_hardware_interfaces_conductor", ondelete="CASCADE"
        ),
        nullable=False,
    ),
    column("hardware_type", sa.String(64), nullable=False),
    column("interface_type", sa.String(16), nullable=False),
    column("interface_name", sa.String(64), nullable=False),
    column("default", sa.Boolean, nullable=False),
    sa.UniqueConstraint(
        "conductor_id",
        "hardware_type",
        "interface_type",
        "interface_name",
        name="uniq_conductor_hardware_interfaces",
    ),
)
"""An implementation that a conductor has enabled for a hardware type."""
