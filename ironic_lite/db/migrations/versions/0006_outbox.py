# SPDX-License-Identifier: Apache-2.0
"""The outbox of notifications, and the mutexes of the cluster."""

import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LANES = 16


def upgrade() -> None:
    options: dict[str, Any] = {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_bin",
        "sqlite_autoincrement": True,
    }
    op.create_table(
        "notifications",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("lane", sa.String(32), nullable=False),
        sa.Column("message", JSON, nullable=False),
        sa.UniqueConstraint("message_id", name="uniq_notifications_message_id"),
        **options,
    )
    op.create_index("ix_notifications_lane_id", "notifications", ["lane", "id"])
    mutexes = op.create_table(
        "mutexes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(255)),
        sa.Column("held_at", MOMENT),
        sa.UniqueConstraint("name", name="uniq_mutexes_name"),
        **options,
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    names = ["deploying", "cleaning", *(f"notifications {lane}" for lane in range(LANES))]
    op.bulk_insert(mutexes, [{"created_at": now, "name": name} for name in names])
