# SPDX-License-Identifier: Apache-2.0
"""What all tables have in common, and the types of their columns."""

import dataclasses
import inspect
import secrets
from typing import Any

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import NAMED, Guard
from ironic_lite.db.types import JSONDict, JSONList, MACText, UTCDateTime, UUIDText

METADATA = sa.MetaData()

NAME = sa.String(255)
UUID = UUIDText(36)
MAC = MACText(64)
STATE = sa.String(32)


@dataclasses.dataclass(frozen=True)
class Facts:
    """What else a column's declaration says; see :func:`column`."""

    since: str | None = None
    secret: Guard | None = None
    hidden: bool = False
    internal: bool = False
    fixed: bool = False
    notified: bool = False


_BY_TYPE: Any = object()
_NONE: Any = object()


def column(
    name: str,
    kind: Any,
    *items: Any,
    nullable: bool = True,
    default: Any = _NONE,
    since: str | None = None,
    secret: Guard | None = _BY_TYPE,
    hidden: bool = False,
    internal: bool = False,
    fixed: bool = False,
    notified: bool = False,
) -> sa.Column[Any]:
    """A column, and what follows from it in other rooms: the object's field, what is encrypted, sorted and filtered by.

    :param default: what a new record has in it that is not given a value.
    :param since: the release that brought it, where its table is older. Objects are sent to older ones without it.
    :param secret: how secrets in it are found. JSON is searched by the names of secrets unless this says otherwise.
    :param hidden: lists neither show it nor are sorted or filtered by it.
    :param internal: it is no field of the object.
    :param fixed: ``save`` refuses to change it: it stays as it was created, or has methods of its own.
    :param notified: notifications of the record's changes tell it.
    """
    if secret is _BY_TYPE:
        json = inspect.isclass(kind) and issubclass(kind, JSONDict | JSONList)
        secret = NAMED if json else None
    facts = Facts(since, secret, hidden, internal, fixed, notified)
    more = {} if default is _NONE else {"default": default}
    return sa.Column(name, kind, *items, nullable=nullable, info={"facts": facts}, **more)


def facts_of(column: sa.ColumnElement[Any]) -> Facts:
    """What a column of a table declares; nothing, of what is no column of a table."""
    found: Facts = column.info.get("facts", Facts()) if isinstance(column, sa.Column) else Facts()
    return found


def default_of(column: sa.Column[Any]) -> Any:
    """What a new record has in this column that is not given a value."""
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def guards_of(table: sa.Table) -> dict[str, Guard]:
    """The columns of a table that hold secrets."""
    return {
        column.name: guard for column in table.c if (guard := facts_of(column).secret) is not None
    }


def record_column(table: sa.Table) -> str:
    """The column that names a record of this table for good."""
    name: str = table.info["record"]
    return name


def table(
    name: str,
    *items: Any,
    many: bool = False,
    since: str | None = None,
    record: str = "uuid",
) -> sa.Table:
    """A table of ours. How a server keeps it (engine, character set) is said by the migration that makes it: for
    options of MariaDB, SQLAlchemy would load what it has for it into every process.

    :param many: rows come and go in such numbers that their ids need more than 31 bits.
    :param since: the release that brought it, where that is not the first.
    :param record: the column that names a record for good; what is encrypted is bound to it.
    """
    # SQLite's own ids have 63 bits, and only as INTEGER.
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite") if many else sa.Integer
    return sa.Table(
        name,
        METADATA,
        sa.Column(
            "id", number, primary_key=True, autoincrement=True, info={"facts": Facts(fixed=True)}
        ),
        column("created_at", UTCDateTime, nullable=False, fixed=True, notified=True),
        column("updated_at", UTCDateTime, fixed=True, notified=True),
        *items,
        info={"since": since, "record": record},
    )


def identity() -> sa.Column[str]:
    """The UUID of a record."""
    return column("uuid", UUID, nullable=False, fixed=True, notified=True)


def new_revision() -> str:
    """A name for a state of a record that no other state of it has."""
    return secrets.token_hex(8)


def revision() -> sa.Column[str]:
    """A column that every write changes, unless the statement keeps it; NULL before the first."""
    facts = Facts(fixed=True)
    return sa.Column(
        "revision",
        sa.String(16),
        default=new_revision,
        onupdate=new_revision,
        info={"facts": facts},
    )


def belongs_to(owner: str, name: str, of: str, fixed: bool = False) -> sa.Column[int]:
    """A column with the id of the record of table ``owner`` that this one goes away with.

    :param of: the table that gets the column.
    """
    key = sa.ForeignKey(f"{owner}.id", name=f"fk_{of}_{name}", ondelete="CASCADE")
    return column(name, sa.Integer, key, nullable=False, fixed=fixed)
