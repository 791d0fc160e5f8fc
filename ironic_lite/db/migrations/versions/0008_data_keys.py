# SPDX-License-Identifier: Apache-2.0
"""The keys that secrets are encrypted with."""

import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    options: dict[str, Any] = {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin",
        "sqlite_autoincrement": True,
    }
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("wrapped_by", sa.String(255), nullable=False),
        sa.Column("wrapped", sa.Text, nullable=False),
        sa.Column("in_rekey", sa.Boolean, nullable=False),
        sa.UniqueConstraint("uuid", name="uniq_data_keys_uuid"),
        **options,
    )
    mutexes = sa.table(
        "mutexes", sa.column("created_at", sa.DateTime), sa.column("name", sa.String)
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    op.bulk_insert(mutexes, [{"created_at": now, "name": "data keys"}])
