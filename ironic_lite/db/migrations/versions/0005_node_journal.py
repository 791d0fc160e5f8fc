# SPDX-License-Identifier: Apache-2.0
"""The journal of each node; nodes know the operation that runs, and since when they are locked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = sa.String(255)
STATE = sa.String(32)
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("nodes", sa.Column("operation", sa.String(36)))
    op.add_column("nodes", sa.Column("reserved_at", MOMENT))
    op.create_table(
        "node_journal",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_node_journal_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("operation", sa.String(36)),
        sa.Column("kind", STATE, nullable=False),
        sa.Column("subject", NAME),
        sa.Column("outcome", STATE, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("state", STATE),
        sa.Column("until", MOMENT),
        sa.Column("conductor", NAME),
        sa.Column("user", NAME),
        sa.Column("project", NAME),
        sa.Column("request_id", NAME),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_node_journal_node_id_id", "node_journal", ["node_id", "id"])
