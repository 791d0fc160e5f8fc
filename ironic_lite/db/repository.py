# SPDX-License-Identifier: Apache-2.0
"""Reading, listing and writing the rows of a resource, with the resource's errors.

A repository takes and returns plain dictionaries with column names as keys. In addition to its table's columns it can
have *derived* ones, which subqueries read from other tables and which cannot be written.
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
Also = Callable[[sa.Connection, Callable[[], Row]], None]
"""Further work in the transaction of a write. Its second argument reads the record as it is after the write or was
before its deletion. An error that it raises undoes the write."""


def holds_nul(value: object) -> bool:
    """Return whether this is a text with NUL, which no column holds and PostgreSQL refuses even in a query."""
    return isinstance(value, str) and "\0" in value


def _is(column: sa.ColumnElement[Any], value: Any) -> Condition:
    return sa.false() if holds_nul(value) else column == value


def among(column: sa.ColumnElement[Any]) -> Filter:
    """Return a filter that matches any of the values in a list."""
    return lambda values: column.in_([value for value in values if not holds_nul(value)])


def among_in_any_case(column: sa.ColumnElement[Any]) -> Filter:
    """Return a filter as ``among`` does, without regard to case, also for rows of releases that did not lower it."""
    return lambda values: sa.func.lower(column).in_(
        [value.lower() for value in values if not holds_nul(value)]
    )


def contains(column: sa.ColumnElement[Any], text: str) -> Condition:
    """Return a case-insensitive search for ``text``, in which % and _ are no wildcards."""
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
"""``{column: function from an identifier to the column's value}``; None when the identifier is not of this kind."""

_UNIQUE: dict[str, str] = {
    "uuid": "UUID {uuid}",
    "name": "name {name}",
    "address": "MAC address {address}",
}
"""``{unique columns joined by "_": how a message names their values}``."""

_PARENT_NOT_FOUND: dict[str, Callable[[object], Exception]] = {
    "nodes": lambda ident: exception.NodeNotFound(node=ident),
    "chassis": lambda ident: exception.ChassisNotFound(chassis=ident),
    "portgroups": lambda ident: exception.PortgroupNotFound(portgroup=ident),
}


CONFINING = frozenset({"project", "usable_by", "node_id", "node_uuid", "portgroup_id"})
"""Filters that confine a list to an owner's or a node's records. A marker has to match them; between two pages a record
may cease to match the other filters, but seldom these."""


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]


class Repository:
    """The rows of one table.

    :param kind: the name of such a record in messages, in the singular.
    :param missing: the class of the error for an identifier that no record has.
    :param known_by: columns in which identifiers are looked up, in addition to the id.
    :param unique: ``{unique columns joined by "_": how a message names their values}``, in addition to ``_UNIQUE``.
    :param derived: labelled subqueries that are read like columns.
    :param filters: ``{filter: function from its value to a condition, or to None for no condition}``. Every column with
        a single value is also a filter for that value, unless a filter here has its name; ``uuid_in`` takes a list.
    :param content: a column of another table that refers to this one, and what a message calls the records in that
        table. A referenced record cannot be deleted.
    :param confining: filters that confine a list to certain owners' records; a marker has to match them.
    :ivar columns: all columns that are read, by name.
    :ivar derived: the names of the derived columns.
    :ivar hidden: the names of the columns that lists neither show nor sort by.
    :ivar defaults: the values of a new record's columns that are not given.
    """

    def __init__(
        self,
        table: sa.Table,
        kind: str,
        missing: type[exception.NotFound] = exception.NotFound,
        *,
        known_by: Sequence[str] = ("uuid",),
        unique: Mapping[str, str] | None = None,
        derived: Sequence[sa.Label[Any]] = (),
        filters: Mapping[str, Filter] | None = None,
        content: tuple[sa.Column[Any], str] | None = None,
        confining: frozenset[str] = CONFINING,
    ):
        self.table = table
        self.guarded = Guarded(table)
        self.kind = kind
        self._missing = missing
        self._filters = dict(filters or {})
        if "uuid" in table.c:
            self._filters["uuid_in"] = among(table.c.uuid)
        self._known_by = known_by
        self._unique = _UNIQUE | dict(unique or {})
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
        # Clients ask for few different sets of columns.
        self._selection = functools.lru_cache(maxsize=64)(self._select)
        # The most frequent queries are built, and cached by SQLAlchemy, once.
        self._by = {
            name: self.select.where(table.c[name] == sa.bindparam("ident"))
            for name in ("id", *known_by)
        }

    def not_found(self, ident: object) -> exception.NotFound:
        """Return the error for an identifier that no record has."""
        return self._missing(f"{_capitalized(self.kind)} {ident} could not be found.")

    # Reading

    def known_by(self, ident: int | str) -> tuple[str, int | str]:
        """Return the column in which to look ``ident`` up, and the value to look for.

        :raises NotFound: when no column can hold it.
        """
        if isinstance(ident, int):
            return "id", ident
        for column in self._known_by:
            if (value := _CANONICAL[column](ident)) is not None and not holds_nul(value):
                return column, value
        raise self.not_found(ident)

    @retry.on_transient_error
    def get(self, ident: int | str) -> Row:
        """Return the record of this id (an int), UUID, or other identifier.

        :raises NotFound: the resource's own, when there is no such record.
        """
        column, value = self.known_by(ident)
        with engine.reader() as connection:
            return self.one(connection, column, value, ident)

    def one(
        self, connection: sa.Connection, column: str, value: object, ident: object = None
    ) -> Row:
        """Return a record within a transaction; see ``get``. Errors name ``ident``, or the value."""
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
        """Return a page of records with these columns (None: all), in one query, or two with a marker.

        :param marker: UUID of the record before the page.
        :param text_moments: return dates and times as ISO 8601 text, which costs less.
        :raises NotFound: when there is no record of the marker.
        :raises InvalidParameterValue: for an unknown column, sort key, direction or filter.
        """
        names = tuple(self.columns if columns is None else columns)
        # Encrypted values are bound to their record, so decrypting them needs the record's name.
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
            # Iterating over the result would call the driver for each row.
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
            raise exception.InvalidParameterValue(err=f"The {self.kind} has no column '{name}'.")
        return self.columns[name]

    def _place(
        self,
        connection: sa.Connection,
        marker: str,
        sort_column: sa.Column[Any],
        filters: Row | None,
    ) -> tuple[Any, int]:
        """Return the marker's value in the sort column, and its id.

        :raises NotFound: also when the marker is not among the records that the list is confined to; any other answer
            would reveal that another owner has such a record.
        """
        if "uuid" not in self.table.c:
            raise exception.InvalidParameterValue(err=f"Lists of {self.kind}s take no marker.")
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
                err=f"Lists of {self.kind} records cannot be filtered by '{name}'. "
                f"Filters are: {', '.join(self.filters)}."
            )
        return _is(self.table.c[name], value)

    @functools.cached_property
    def _exact(self) -> frozenset[str]:
        """Columns with a single value, which lists may be filtered by."""
        return frozenset(
            column.name
            for column in self.table.c
            if column.name not in self.hidden and not isinstance(column.type, JSONDict | JSONList)
        )

    @property
    def filters(self) -> list[str]:
        return sorted({*self._filters, *self._exact})

    # Writing

    def create(self, values: Row, also: Sequence[Also] = ()) -> Row:
        """Insert a record.

        :raises Conflict: the resource's own, when a value that must be unique exists already.
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
                # Passed as parameters: a statement with the values in it would be built again each time.
                connection.execute(sa.insert(self.table), values)
                row = self.one(connection, "uuid", values["uuid"])
                self.run(also, connection, row["id"])
                # The further work may have changed the record.
                return self.one(connection, "id", row["id"]) if also else row
        except exc.IntegrityError as error:
            if retry.is_repeated() and (own := self._own_insert(values)):
                return own
            raise self.translate_violation(error, values) from None

    def _own_insert(self, values: Row) -> Row | None:
        """Return the row if an earlier attempt of this insert was committed although its answer was lost, else None."""
        with contextlib.suppress(exception.NotFound):
            row = self.get(values["uuid"])
            if row["created_at"] == values["created_at"]:
                return row
        return None

    def translate_violation(self, error: exc.IntegrityError, values: Row) -> Exception:
        """Return the error for values that the database refused."""
        value = self._unique.get(errors.violated_columns(error, self.table.name) or "")
        if value is not None:
            article = "An" if self.kind[0] in "aeiou" else "A"
            return exception.AlreadyExists(
                kind=f"{article} {self.kind}", value=value.format_map(values)
            )
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
        """Write these columns; return all that were written. Raises as ``create`` and ``get`` do.

        :param expected: the columns' values when the new values were computed.
        :param uuid: the record's UUID, which saves a query.
        :raises ConcurrentUpdate: when one of the expected columns has another value now.
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
        """Return these columns with their secrets encrypted for the record. Must not be called within a transaction.

        :raises NotFound: when there is no such record.
        """
        if not self.guarded.holds_secrets(values):
            return values
        if uuid is None:
            with engine.reader() as connection:
                uuid = self.one(connection, "id", record_id)["uuid"]
        return self.guarded.encrypt(uuid, values)

    def run(self, also: Sequence[Also], connection: sa.Connection, record_id: int) -> None:
        """Do the further work in the transaction of a write to this record."""
        for more in also:
            more(connection, lambda: self.one(connection, "id", record_id))

    @retry.on_transient_error
    def accompany(self, record_id: int, also: Sequence[Also]) -> None:
        """Do the further work of an update in which the record itself does not change."""
        with engine.writer() as connection:
            self.run(also, connection, record_id)

    def _check_expected(
        self, connection: sa.Connection, record_id: int, values: Row, expected: Row
    ) -> None:
        statement = sa.select(self.table).where(self.table.c.id == record_id).with_for_update()
        row = connection.execute(statement).mappings().first()
        if row is None:
            raise self.not_found(record_id)
        # A column that already has the new value, as after a repeated statement, is no conflict.
        differing = [
            name
            for name, value in expected.items()
            if self.guarded.plain(row, name) not in (value, values.get(name))
        ]
        if differing:
            raise exception.ConcurrentUpdate(what=row["uuid"], fields=", ".join(differing))

    @retry.on_transient_error
    def destroy(self, record_id: int, also: Sequence[Also] = ()) -> None:
        """Delete the record, and the records that belong to it.

        :raises NotFound: the resource's own, when there is no such record.
        :raises Invalid: when it contains records that have to be deleted first.
        """
        this = self.table.c.id == record_id
        with engine.writer() as connection:
            if self._content is not None:
                # Lock the record, so that nothing is added to it during the check.
                connection.execute(sa.select(self.table.c.id).where(this).with_for_update())
                inside, content = self._content
                if connection.execute(
                    sa.select(inside).where(inside == record_id).limit(1)
                ).first():
                    raise exception.NotEmpty(
                        kind=_capitalized(self.kind),
                        ident=self.one(connection, "id", record_id)["uuid"],
                        content=content,
                    )
            locked = sa.select(self.table.c.id).where(this).with_for_update()
            if also and connection.execute(locked).first():
                self.run(also, connection, record_id)
            deleted = connection.execute(sa.delete(self.table).where(this)).rowcount
        if deleted == 0 and not retry.is_repeated():
            raise self.not_found(record_id)
