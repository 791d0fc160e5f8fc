# SPDX-License-Identifier: Apache-2.0
"""Which server a node is, by what its ramdisk reported."""

import datetime

import sqlalchemy as sa
from alembic import op

from ironic_lite.db.types import MACText, UTCDateTime, UUIDText

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEYS = ("system_uuid", "serial", "bmc_mac", "bmc_address", "bmc_v6address")


def upgrade() -> None:
    mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    op.create_table(
        "server_identities",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sa.Column("updated_at", UTCDateTime),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_server_identities_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("system_uuid", UUIDText(36)),
        sa.Column("serial", sa.String(255)),
        sa.Column("bmc_mac", MACText(64)),
        sa.Column("bmc_address", sa.String(45)),
        sa.Column("bmc_v6address", sa.String(45)),
        sa.Column("discovered_at", UTCDateTime),
        sa.UniqueConstraint("node_id", name="uniq_server_identities_node_id"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin",
        sqlite_autoincrement=True,
    )
    for name in _KEYS:
        op.create_index(f"ix_server_identities_{name}", "server_identities", [name])
    mutexes = sa.table(
        "mutexes", sa.column("created_at", sa.DateTime), sa.column("name", sa.String)
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    op.bulk_insert(mutexes, [{"created_at": now, "name": "discovery"}])
