# SPDX-License-Identifier: Apache-2.0
"""Keyset paging: sorted pages that cost the same wherever in the list they begin.

A page begins after its marker, a record named by UUID. Records are sorted by one column and, among equals, by id in
the same direction. NULL is smaller than every value, on all databases.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db.types import ISOMoment, JSONDict, JSONList, UTCDateTime


def sort_column(table: sa.Table, key: str, hidden: frozenset[str] = frozenset()) -> sa.Column[Any]:
    """Return the column to sort by.

    :raises InvalidParameterValue: when there is no such column, or lists cannot be sorted by it.
    """
    column = table.c.get(key)
    if column is None or key in hidden or isinstance(column.type, JSONDict | JSONList):
        raise exception.InvalidParameterValue(
            err=f'The sort_key value "{key}" is an invalid field for sorting'
        )
    return column


def with_text_moments(columns: Iterable[Any]) -> list[Any]:
    """Return the columns, with dates and times as ISO 8601 text."""
    return [
        sa.type_coerce(column, ISOMoment()).label(column.name)
        if isinstance(column.type, UTCDateTime)
        else column
        for column in columns
    ]


def apply(
    statement: sa.Select[Any],
    dialect: str,
    column: sa.Column[Any],
    sort_dir: str = "asc",
    limit: int | None = None,
    behind: tuple[Any, int] | None = None,
) -> sa.Select[Any]:
    """Sort the statement and cut one page out of it.

    :param behind: the marker's value in the sort column, and its id.
    :raises InvalidParameterValue: when the direction is neither asc nor desc.
    """
    if sort_dir not in ("asc", "desc"):
        raise exception.InvalidParameterValue(
            err=f"Invalid sort direction: {sort_dir}. Acceptable values are 'asc' or 'desc'"
        )
    ascending = sort_dir == "asc"
    tie_break: sa.Column[Any] = column.table.c.id
    if behind is not None:
        statement = statement.where(_is_behind(column, tie_break, ascending, *behind))
    first = column.asc() if ascending else column.desc()
    if column is tie_break:
        statement = statement.order_by(first)
    else:
        if column.nullable and dialect == "postgresql":
            # SQLite and MariaDB sort NULL before every value by default, and MariaDB lacks these keywords.
            first = first.nulls_first() if ascending else first.nulls_last()
        statement = statement.order_by(first, tie_break.asc() if ascending else tie_break.desc())
    return statement if limit is None else statement.limit(limit)


def _is_behind(
    column: sa.Column[Any], tie_break: sa.Column[Any], ascending: bool, value: Any, record_id: int
) -> sa.ColumnElement[bool]:
    id_behind = tie_break > record_id if ascending else tie_break < record_id
    if column is tie_break:
        return id_behind
    if value is None:
        among_nulls = sa.and_(column.is_(None), id_behind)
        return sa.or_(column.is_not(None), among_nulls) if ascending else among_nulls
    literal = sa.literal(value, column.type)
    if ascending:
        # The first half lets the database use an index.
        return sa.and_(column >= literal, sa.or_(column > literal, id_behind))
    not_null = sa.and_(column <= literal, sa.or_(column < literal, id_behind))
    return sa.or_(not_null, column.is_(None)) if column.nullable else not_null
