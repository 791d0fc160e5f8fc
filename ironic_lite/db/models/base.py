# SPDX-License-Identifier: Apache-2.0
"""The declarations of tables and columns."""

import dataclasses
import inspect
import secrets
from typing import Any

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import NAMED, Guard
from ironic_lite.db.types import JSONDict, JSONList, MACText, UTCDateTime, UUIDText

METADATA = sa.MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        # db.errors reads the columns from these names.
        "uq": "uniq_%(table_name)s_%(column_0_N_name)s",
    }
)

NAME = sa.String(255)
UUID = UUIDText(36)
MAC = MACText(64)
STATE = sa.String(32)


@dataclasses.dataclass(frozen=True)
class Facts:
    """The facts of a column's declaration that SQLAlchemy does not hold; see :func:`column`."""

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
    unique: bool | None = None,
    index: bool | None = None,
) -> sa.Column[Any]:
    """Declare a column, from which the object's field, its encryption, its sorting and its filters follow.

    :param default: its value in a new record that is not given one.
    :param since: the release that added it, if its table is older. Objects are sent to older releases without it.
    :param secret: the rule that finds its secrets; by default JSON is searched by secret names.
    :param hidden: whether lists neither show it nor sort or filter by it.
    :param internal: whether the object has no field for it.
    :param fixed: whether ``save`` refuses to change it: it never changes, or has methods of its own.
    :param notified: whether notifications of the record's changes include it.
    :param unique: whether no two records may have the same value.
    :param index: whether it has an index of its own.
    """
    if secret is _BY_TYPE:
        json = inspect.isclass(kind) and issubclass(kind, JSONDict | JSONList)
        secret = NAMED if json else None
    facts = Facts(since, secret, hidden, internal, fixed, notified)
    more: dict[str, Any] = {} if default is _NONE else {"default": default}
    more |= {"nullable": nullable, "unique": unique, "index": index}
    return sa.Column(name, kind, *items, info={"facts": facts}, **more)


def facts_of(column: sa.ColumnElement[Any]) -> Facts:
    """Return the facts that a column declares; empty facts for an expression that is no column of a table."""
    found: Facts = column.info.get("facts", Facts()) if isinstance(column, sa.Column) else Facts()
    return found


def default_of(column: sa.Column[Any]) -> Any:
    """Return the column's value in a new record that is not given one."""
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def guards_of(table: sa.Table) -> dict[str, Guard]:
    """Return ``{column: rule}`` of the columns of a table that hold secrets."""
    return {
        column.name: guard for column in table.c if (guard := facts_of(column).secret) is not None
    }


def record_column(table: sa.Table) -> str:
    """Return the column whose value names a record of this table and never changes."""
    name: str = table.info["record"]
    return name


def table(
    name: str,
    *items: Any,
    many: bool = False,
    since: str | None = None,
    record: str = "uuid",
) -> sa.Table:
    """Declare a table. Its migration sets the engine and the character set on MariaDB: with such options here,
    SQLAlchemy would load its MariaDB dialect into every process.

    :param many: whether so many rows come and go that their ids need more than 31 bits.
    :param since: the release that added it, if that is not the first.
    :param record: the column whose value names a record and never changes; encrypted values are bound to it.
    """
    # SQLite's INTEGER ids have 63 bits; SQLite generates ids for no other type.
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
    """Declare the column with the UUID of a record."""
    return column("uuid", UUID, nullable=False, fixed=True, notified=True, unique=True)


def new_revision() -> str:
    return secrets.token_hex(8)


def revision() -> sa.Column[str]:
    """Declare a column that every write changes, unless the statement keeps it; NULL before the first write."""
    facts = Facts(fixed=True)
    return sa.Column(
        "revision",
        sa.String(16),
        default=new_revision,
        onupdate=new_revision,
        info={"facts": facts},
    )


def belongs_to(owner: str, name: str, **facts: Any) -> sa.Column[int]:
    """Declare a column with the id of a record of table ``owner``; deleting that record deletes this one.

    :param facts: further arguments of :func:`column`.
    """
    key = sa.ForeignKey(f"{owner}.id", ondelete="CASCADE")
    return column(name, sa.Integer, key, nullable=False, **facts)
