# SPDX-License-Identifier: Apache-2.0
"""What all tables have in common, and the types of their columns."""

import secrets
from typing import Any

import sqlalchemy as sa

from ironic_lite.db.types import UTCDateTime

METADATA = sa.MetaData()

NAME = sa.String(255)
UUID = sa.String(36)
STATE = sa.String(32)


def table(name: str, *items: Any, many: bool = False) -> sa.Table:
    """A table of ours. How a server keeps it (engine, character set) is said by the migration that makes it: for
    options of MariaDB, SQLAlchemy would load what it has for it into every process.

    :param many: rows come and go in such numbers that their ids need more than 31 bits.
    """
    # SQLite's own ids have 63 bits, and only as INTEGER.
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite") if many else sa.Integer
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sa.Column("updated_at", UTCDateTime),
        *items,
    )


def new_revision() -> str:
    """A name for a state of a record that no other state of it has."""
    return secrets.token_hex(8)


def revision() -> sa.Column[str]:
    """A column that every write changes, unless the statement keeps it; NULL before the first."""
    return sa.Column("revision", sa.String(16), default=new_revision, onupdate=new_revision)


def belongs_to(owner: str, column: str, of: str) -> sa.Column[int]:
    """A column with the id of the record of table ``owner`` that this one goes away with.

    :param of: the table that gets the column.
    """
    key = sa.ForeignKey(f"{owner}.id", name=f"fk_{of}_{column}", ondelete="CASCADE")
    return sa.Column(column, sa.Integer, key, nullable=False)
