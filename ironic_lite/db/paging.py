# SPDX-License-Identifier: Apache-2.0
"""Sorted pages that cost the same wherever in the list they begin (keyset paging).

A page begins behind its marker, a record named by UUID. Records are sorted by one column and, among equals, by id in
the same direction. NULL is smaller than every value, on all databases.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db.types import ISOMoment, JSONDict, JSONList, UTCDateTime


def sort_column(table: sa.Table, key: str, hidden: frozenset[str] = frozenset()) -> sa.Column[Any]:
    """The column of this name.

    :raises InvalidParameterValue: when there is none, or lists cannot be sorted by it.
    """
    column = table.c.get(key)
    if column is None or key in hidden or isinstance(column.type, JSONDict | JSONList):
        raise exception.InvalidParameterValue(
            err=f'The sort_key value "{key}" is an invalid field for sorting'
        )
    return column


def with_text_moments(columns: Iterable[Any]) -> list[Any]:
    """The columns, such that dates and times come as ISO 8601 text."""
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

    :param behind: the marker's value of the sort column, and its id.
    :raises InvalidParameterValue: for another direction than asc and desc.
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
            # The other two sort NULL before every value by themselves, and MariaDB does not know these words.
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
        # The first half is what an index can begin from.
        return sa.and_(column >= literal, sa.or_(column > literal, id_behind))
    not_null = sa.and_(column <= literal, sa.or_(column < literal, id_behind))
    return sa.or_(not_null, column.is_(None)) if column.nullable else not_null
