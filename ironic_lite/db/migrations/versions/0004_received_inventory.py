# SPDX-License-Identifier: Apache-2.0
"""What a ramdisk has sent is kept from the moment it came, so that no conductor's death loses it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "received_inventory",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_received_inventory_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        sa.UniqueConstraint("node_id", name="uniq_received_inventory_node_id"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        sqlite_autoincrement=True,
    )
