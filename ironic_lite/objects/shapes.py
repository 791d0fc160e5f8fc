# SPDX-License-Identifier: Apache-2.0
"""The shapes of columns: their types, limits and defaults, for modules without access to the database."""

import dataclasses
import enum
from typing import Any

import sqlalchemy as sa

from ironic_lite.db import types
from ironic_lite.db.models.base import default_of


class Holds(enum.Enum):
    """The kind of a column's values."""

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
    """The shape of a column.

    :param max_length: the greatest number of characters; None: no limit.
    :param nullable: whether it may be NULL.
    :param default: its value in a new record that is not given one.
    :param own: whether it is a column of the record's table; derived columns are read from other tables.
    """

    holds: Holds
    max_length: int | None = None
    nullable: bool = True
    default: Any = None
    own: bool = True

    @property
    def is_json(self) -> bool:
        """Whether the column holds a JSON object or list."""
        return self.holds in (Holds.OBJECT, Holds.LIST)


_OF_TYPE: tuple[tuple[type[Any], Holds], ...] = (
    (types.UUIDText, Holds.UUID),
    (types.MACText, Holds.MAC),
    (types.UTCDateTime, Holds.MOMENT),
    (types.JSONDict, Holds.OBJECT),
    (types.JSONList, Holds.LIST),
    (types.SortedWords, Holds.LIST),
    (types.LowerCase, Holds.TEXT),
    (types.FailureText, Holds.TEXT),
    (sa.String, Holds.TEXT),
    (sa.Boolean, Holds.FLAG),
    (sa.Integer, Holds.NUMBER),
)
"""The kind of values for each column type; the first that fits counts."""


def of_column(column: sa.ColumnElement[Any]) -> Shape:
    """Return the shape of a column of a table, or of a derived column.

    :raises TypeError: when there is no shape for the column's type.
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
