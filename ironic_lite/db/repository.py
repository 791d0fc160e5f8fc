# SPDX-License-Identifier: Apache-2.0
"""What the rows of all resources have in common: reading, listing, writing, and the errors of each.

A repository gives and takes plain dictionaries with column names as keys. Besides the columns of its table it can have
*derived* ones, read from other tables by subqueries, which cannot be written.
"""

import contextlib
import functools
import uuid as uuid_module
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import netutils, timeutils, uuidutils
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.db import engine, errors, paging, retry
from ironic_lite.db.encryption.rows import Guarded
from ironic_lite.db.models.base import default_of, facts_of
from ironic_lite.db.types import JSONDict, JSONList

Row = dict[str, Any]
Condition = sa.ColumnElement[bool]
Filter = Callable[[Any], Condition | None]
Refusal = Callable[[Row], Exception]
Also = Callable[[sa.Connection, Callable[[], Row]], None]
"""Something more to do in the transaction of a write. Its second argument reads the record, as it is after the write or
was before its deletion. What it raises undoes the write."""


def holds_nul(value: object) -> bool:
    """Whether this is a text that no column holds; PostgreSQL refuses NUL even in a question."""
    return isinstance(value, str) and "\0" in value


def _is(column: sa.ColumnElement[Any], value: Any) -> Condition:
    return sa.false() if holds_nul(value) else column == value


def among(column: sa.ColumnElement[Any]) -> Filter:
    """A filter for any of these values."""
    return lambda values: column.in_([value for value in values if not holds_nul(value)])


def among_in_any_case(column: sa.ColumnElement[Any]) -> Filter:
    """The same where case has no meaning, also in rows of a release that kept what it was given."""
    return lambda values: sa.func.lower(column).in_(
        [value.lower() for value in values if not holds_nul(value)]
    )


def contains(column: sa.ColumnElement[Any], text: str) -> Condition:
    """Case-insensitive search for ``text``, in which % and _ mean themselves."""
    if holds_nul(text):
        return sa.false()
    return sa.func.lower(column).contains(text.lower(), autoescape=True)


def _as_uuid(ident: str) -> str | None:
    return str(uuid_module.UUID(ident)) if uuidutils.is_uuid_like(ident) else None


def _as_mac(ident: str) -> str | None:
    return ident.lower() if netutils.is_valid_mac(ident) else None


_CANONICAL: dict[str, Callable[[str], str | None]] = {
    "uuid": _as_uuid,
    "address": _as_mac,
    "name": lambda ident: ident,
}
"""How a record may be known: column -> what an identifier reads there, None when it is not of this kind."""

_PARENT_NOT_FOUND: dict[str, Callable[[object], Exception]] = {
    "nodes": lambda ident: exception.NodeNotFound(node=ident),
    "chassis": lambda ident: exception.ChassisNotFound(chassis=ident),
    "portgroups": lambda ident: exception.PortgroupNotFound(portgroup=ident),
}


CONFINING = frozenset({"project", "usable_by", "node_id", "node_uuid", "portgroup_id"})
"""Filters that say whose records a list is of. A record leaves these seldom; others it may leave between two pages."""


class Repository:
    """The rows of one table.

    :param plural: what messages call its records.
    :param not_found: the error for an identifier that no record has.
    :param known_by: columns that identifiers are looked for in, besides the id.
    :param taken: columns that must be unique, joined by ``_`` -> the error for values that are not.
    :param derived: labelled subqueries that are read like columns.
    :param filters: filter name -> condition from its value, None for no condition. Every column that holds one value is
        a filter for exactly that, unless this has another of its name; ``uuid_in`` is one for any of these.
    :param content: column of another table that refers to this one, and the error when something does at deletion.
    :param confining: filters that say whose records a list is of; a marker has to be one of them.
    :ivar columns: all that is read of a record, by name.
    :ivar derived: the names of those that are no columns of the table.
    :ivar hidden: the names of those that lists neither show nor sort by.
    :ivar defaults: what a new record has that is not given a value.
    """

    def __init__(
        self,
        table: sa.Table,
        plural: str,
        not_found: Callable[[object], Exception],
        *,
        known_by: Sequence[str] = ("uuid",),
        taken: Mapping[str, Refusal] | None = None,
        derived: Sequence[sa.Label[Any]] = (),
        filters: Mapping[str, Filter] | None = None,
        content: tuple[sa.Column[Any], Refusal] | None = None,
        confining: frozenset[str] = CONFINING,
    ):
        self.table = table
        self.guarded = Guarded(table)
        self.not_found = not_found
        self._filters = dict(filters or {})
        if "uuid" in table.c:
            self._filters["uuid_in"] = among(table.c.uuid)
        self._plural = plural
        self._known_by = known_by
        self._taken = taken or {}
        self.defaults = {
            column.name: default
            for column in table.c
            if (default := default_of(column)) is not None
        }
        self.hidden = frozenset(column.name for column in table.c if facts_of(column).hidden)
        self._content = content
        self._confining = confining
        self.derived = tuple(label.name for label in derived)
        self.columns: dict[str, Any] = {**table.c, **{label.name: label for label in derived}}
        self.select = sa.select(*self.columns.values())
        # Clients ask for a few sets of columns, again and again.
        self._selection = functools.lru_cache(maxsize=64)(self._select)
        # The most frequent questions: built and named in SQLAlchemy's cache once.
        self._by = {
            name: self.select.where(table.c[name] == sa.bindparam("ident"))
            for name in ("id", *known_by)
        }

    # Reading

    def known_by(self, ident: int | str) -> tuple[str, int | str]:
        """The column that would hold ``ident``, and what it would hold there.

        :raises NotFound: when no column could.
        """
        if isinstance(ident, int):
            return "id", ident
        for column in self._known_by:
            if (value := _CANONICAL[column](ident)) is not None and not holds_nul(value):
                return column, value
        raise self.not_found(ident)

    @retry.on_transient_error
    def get(self, ident: int | str) -> Row:
        """The record of this id (an int), UUID, or what else it is known by.

        :raises NotFound: the resource's own.
        """
        column, value = self.known_by(ident)
        with engine.reader() as connection:
            return self.one(connection, column, value, ident)

    def one(
        self, connection: sa.Connection, column: str, value: object, ident: object = None
    ) -> Row:
        """See ``get``; within a transaction. Errors name ``ident``, or the value."""
        found = connection.execute(self._by[column], {"ident": value}).all()
        if not found:
            raise self.not_found(value if ident is None else ident)
        return self.guarded.decrypt(dict(zip(self.columns, found[0], strict=True)))

    @retry.on_transient_error
    def rows(
        self,
        columns: Iterable[str] | None = None,
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        sort_dir: str = "asc",
        filters: Row | None = None,
        text_moments: bool = False,
    ) -> list[Row]:
        """A page of records, with these columns of each (all when None). One query, one more with a marker.

        :param marker: UUID of the record that the page begins behind.
        :param text_moments: dates and times as ISO 8601 text, which costs less.
        :raises NotFound: for the marker.
        :raises InvalidParameterValue: for an unknown column, sort key, direction or filter.
        """
        names = tuple(self.columns if columns is None else columns)
        # What is encrypted is bound to its record.
        lent = (self.guarded.record,) if self.guarded.needs_record(names) else ()
        names += lent
        sort_column = paging.sort_column(self.table, sort_key, self.hidden)
        statement = self._narrow(self._selection(names, columns is None, text_moments), filters)
        with engine.reader() as connection:
            behind = (
                None if marker is None else self._place(connection, marker, sort_column, filters)
            )
            statement = paging.apply(
                statement, connection.dialect.name, sort_column, sort_dir, limit, behind
            )
            # All at once: to iterate over the result would ask the driver for each row.
            found = connection.execute(statement).all()
        rows = [dict(zip(names, row)) for row in found]  # noqa: B905 - a tenth of the time
        return self.guarded.decrypt_all(rows, names, lent)

    def _select(
        self, names: tuple[str, ...], even_hidden: bool, text_moments: bool
    ) -> sa.Select[Any]:
        selected = [self._column(name, even_hidden) for name in names]
        if text_moments:
            selected = paging.with_text_moments(selected)
        return sa.select(*selected).select_from(self.table)

    def _column(self, name: str, even_hidden: bool) -> Any:
        if name not in self.columns or (name in self.hidden and not even_hidden):
            raise exception.InvalidParameterValue(err=f"{self._plural} have no column '{name}'.")
        return self.columns[name]

    def _place(
        self,
        connection: sa.Connection,
        marker: str,
        sort_column: sa.Column[Any],
        filters: Row | None,
    ) -> tuple[Any, int]:
        """Where the marker stands in the order. One that is not among the records that the list is confined to is none:
        else the answer would tell whether somebody else has such a record."""
        if "uuid" not in self.table.c:
            raise exception.InvalidParameterValue(
                err=f"Lists of {self._plural.lower()} take no marker."
            )
        statement = sa.select(sort_column, self.table.c.id).where(self.table.c.uuid == marker)
        confined = {
            name: value for name, value in (filters or {}).items() if name in self._confining
        }
        statement = self._narrow(statement, confined)
        found = connection.execute(statement).first()
        if found is None:
            raise self.not_found(marker)
        return found[0], found[1]

    def _narrow(self, statement: sa.Select[Any], filters: Row | None) -> sa.Select[Any]:
        for name, value in (filters or {}).items():
            condition = self._condition(name, value)
            if condition is not None:
                statement = statement.where(condition)
        return statement

    def _condition(self, name: str, value: Any) -> Condition | None:
        if name in self._filters:
            return self._filters[name](value)
        if name not in self._exact:
            raise exception.InvalidParameterValue(
                err=f"{self._plural} cannot be filtered by '{name}'. "
                f"Filters are: {', '.join(self.filters)}."
            )
        return _is(self.table.c[name], value)

    @functools.cached_property
    def _exact(self) -> frozenset[str]:
        """Columns that hold one value, which a list may be of."""
        return frozenset(
            column.name
            for column in self.table.c
            if column.name not in self.hidden and not isinstance(column.type, JSONDict | JSONList)
        )

    @property
    def filters(self) -> list[str]:
        """The names of all filters."""
        return sorted({*self._filters, *self._exact})

    # Writing

    def create(self, values: Row, also: Sequence[Also] = ()) -> Row:
        """Insert a record.

        :raises Conflict: the resource's own, for what must be unique.
        :raises NotFound: when a record that it refers to does not exist.
        """
        own = {
            "uuid": uuidutils.generate_uuid(),
            "created_at": timeutils.utcnow(with_timezone=True),
        }
        values = {**self.defaults, **own, **values}
        return self._insert(self.guarded.encrypt(values["uuid"], values), also)

    @retry.on_transient_error
    def _insert(self, values: Row, also: Sequence[Also]) -> Row:
        try:
            with engine.writer() as connection:
                # As parameters: a statement that holds the values would be put together anew each time.
                connection.execute(sa.insert(self.table), values)
                row = self.one(connection, "uuid", values["uuid"])
                self.run(also, connection, row["id"])
                # They may have changed it.
                return self.one(connection, "id", row["id"]) if also else row
        except exc.IntegrityError as error:
            if retry.is_repeated() and (own := self._own_insert(values)):
                return own
            raise self.translate_violation(error, values) from None

    def _own_insert(self, values: Row) -> Row | None:
        """What a former try of this insert committed though its answer was lost."""
        with contextlib.suppress(exception.NotFound):
            row = self.get(values["uuid"])
            if row["created_at"] == values["created_at"]:
                return row
        return None

    def translate_violation(self, error: exc.IntegrityError, values: Row) -> Exception:
        """Why the database refused to write these values."""
        refusal = self._taken.get(errors.violated_columns(error, self.table.name) or "")
        if refusal is not None:
            return refusal(values)
        return self._missing_parent(values) or errors.translate(error)

    def _missing_parent(self, values: Row) -> Exception | None:
        with engine.reader() as connection:
            for key in self.table.foreign_keys:
                ident = values.get(key.parent.name)
                if ident is None:
                    continue
                parent = sa.select(key.column).where(key.column == ident)
                if connection.execute(parent).first() is None:
                    return _PARENT_NOT_FOUND[key.column.table.name](ident)
        return None

    @retry.on_transient_error
    def update(
        self,
        record_id: int,
        values: Row,
        expected: Row | None = None,
        also: Sequence[Also] = (),
        uuid: str | None = None,
    ) -> Row:
        """Write these columns; returns all that were written. Raises as ``create`` and ``get`` do.

        :param expected: what the columns were when the values were computed.
        :param uuid: the record's; who has it saves us a question.
        :raises ConcurrentUpdate: when one of them is something else by now.
        """
        kept = self.encrypted(record_id, uuid, values)
        written = {**kept, "updated_at": timeutils.utcnow(with_timezone=True)}
        statement = sa.update(self.table).where(self.table.c.id == record_id).values(written)
        try:
            with engine.writer() as connection:
                if expected:
                    self._check_expected(connection, record_id, values, expected)
                if connection.execute(statement).rowcount == 0:
                    raise self.not_found(record_id)
                self.run(also, connection, record_id)
        except exc.IntegrityError as error:
            raise self.translate_violation(error, {**self.get(record_id), **values}) from None
        return self.guarded.as_read(written, values)

    def encrypted(self, record_id: int, uuid: str | None, values: Row) -> Row:
        """These columns as they are to be written to the record. Not within a transaction.

        :raises NotFound: there is no such record.
        """
        if not self.guarded.holds_secrets(values):
            return values
        if uuid is None:
            with engine.reader() as connection:
                uuid = self.one(connection, "id", record_id)["uuid"]
        return self.guarded.encrypt(uuid, values)

    def run(self, also: Sequence[Also], connection: sa.Connection, record_id: int) -> None:
        """Do what belongs into the transaction of a write to this record."""
        for more in also:
            more(connection, lambda: self.one(connection, "id", record_id))

    @retry.on_transient_error
    def accompany(self, record_id: int, also: Sequence[Also]) -> None:
        """As for an update, where nothing of the record itself changes."""
        with engine.writer() as connection:
            self.run(also, connection, record_id)

    def _check_expected(
        self, connection: sa.Connection, record_id: int, values: Row, expected: Row
    ) -> None:
        statement = sa.select(self.table).where(self.table.c.id == record_id).with_for_update()
        row = connection.execute(statement).mappings().first()
        if row is None:
            raise self.not_found(record_id)
        # Who finds what it is about to write, as a repeated statement does, loses nothing.
        differing = [
            name
            for name, value in expected.items()
            if self.guarded.plain(row, name) not in (value, values.get(name))
        ]
        if differing:
            raise exception.ConcurrentUpdate(what=row["uuid"], fields=", ".join(differing))

    @retry.on_transient_error
    def destroy(self, record_id: int, also: Sequence[Also] = ()) -> None:
        """Delete the record, and what belongs to it.

        :raises NotFound: the resource's own.
        :raises Invalid: when something is in it that has to go first.
        """
        this = self.table.c.id == record_id
        with engine.writer() as connection:
            if self._content is not None:
                # Nobody can put anything into it while we look.
                connection.execute(sa.select(self.table.c.id).where(this).with_for_update())
                inside, refusal = self._content
                if connection.execute(
                    sa.select(inside).where(inside == record_id).limit(1)
                ).first():
                    raise refusal(self.one(connection, "id", record_id))
            locked = sa.select(self.table.c.id).where(this).with_for_update()
            if also and connection.execute(locked).first():
                self.run(also, connection, record_id)
            deleted = connection.execute(sa.delete(self.table).where(this)).rowcount
        if deleted == 0 and not retry.is_repeated():
            raise self.not_found(record_id)
