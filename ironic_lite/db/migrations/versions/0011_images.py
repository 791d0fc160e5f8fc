# SPDX-License-Identifier: Apache-2.0
"""The image store: images, and the machines that hold them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = sa.String(255)
UUID = sa.String(36)
STATE = sa.String(32)
JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    _create(
        "images",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("status", STATE, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("disk_format", STATE),
        sa.Column("image_type", STATE),
        sa.Column("size", sa.BigInteger),
        sa.Column("virtual_size", sa.BigInteger),
        sa.Column("min_disk", sa.Integer),
        sa.Column("sha256", sa.String(64)),
        sa.Column("sha512", sa.String(128)),
        sa.Column("cpu_arch", STATE),
        sa.Column("firmware", sa.Text),
        sa.Column("kernel", UUID),
        sa.Column("ramdisk", UUID),
        sa.Column("default_for", sa.Text),
        sa.Column("properties", JSON),
        sa.Column("source", sa.Text),
        sa.Column("upload_host", NAME),
        sa.Column("upload_url", sa.Text),
        unique=[["uuid"], ["owner", "name"]],
    )
    _create(
        "image_locations",
        sa.Column(
            "image_id",
            sa.Integer,
            sa.ForeignKey("images.id", name="fk_image_locations_image_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("host", NAME, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        unique=[["image_id", "host"]],
    )
    op.create_index("ix_image_locations_host", "image_locations", ["host"])


def _create(name: str, *items: Any, unique: Sequence[Sequence[str]]) -> None:
    # The collations of MariaDB and MySQL that compare all bytes, trailing blanks included.
    mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        *items,
        *(sa.UniqueConstraint(*names, name="_".join(("uniq", name, *names))) for names in unique),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin",
        sqlite_autoincrement=True,
    )
