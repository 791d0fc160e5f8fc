# SPDX-License-Identifier: Apache-2.0
"""What a column holds, in words that need no database: for those who take and show values of it."""

import dataclasses
import enum
from typing import Any

import sqlalchemy as sa

from ironic_lite.db import types
from ironic_lite.db.models.base import default_of


class Holds(enum.Enum):
    """What kind of value a column holds."""

    UUID = "uuid"
    MAC = "mac"
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    MOMENT = "moment"
    OBJECT = "object"
    LIST = "list"


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a column holds.

    :param max_length: characters of the longest text; None: any.
    :param nullable: it may hold nothing.
    :param default: what a new record has that is not given a value.
    :param own: it is a column of the record's table; others are read from other tables with it.
    """

    holds: Holds
    max_length: int | None = None
    nullable: bool = True
    default: Any = None
    own: bool = True

    @property
    def is_json(self) -> bool:
        """Whether it holds an object or a list."""
        return self.holds in (Holds.OBJECT, Holds.LIST)


_OF_TYPE: tuple[tuple[type[Any], Holds], ...] = (
    (types.UUIDText, Holds.UUID),
    (types.MACText, Holds.MAC),
    (types.UTCDateTime, Holds.MOMENT),
    (types.JSONDict, Holds.OBJECT),
    (types.JSONList, Holds.LIST),
    (types.SortedWords, Holds.LIST),
    (types.LowerCase, Holds.TEXT),
    (types.Told, Holds.TEXT),
    (sa.String, Holds.TEXT),
    (sa.Boolean, Holds.FLAG),
    (sa.Integer, Holds.NUMBER),
)
"""What a column of this type holds; the first that fits."""


def of_column(column: sa.ColumnElement[Any]) -> Shape:
    """The shape of a column of a table, or of what is derived from other tables.

    :raises TypeError: there is none for the column's type.
    """
    kind = column.type
    holds = next((holds for of, holds in _OF_TYPE if isinstance(kind, of)), None)
    if holds is None:
        raise TypeError(f"There is no shape for column {column} of type {kind!r}.")
    impl = kind.impl if isinstance(kind, sa.types.TypeDecorator) else kind
    length = impl.length if isinstance(impl, sa.String) else None
    if not isinstance(column, sa.Column):
        return Shape(holds, length, own=False)
    return Shape(holds, length, bool(column.nullable), default_of(column))
