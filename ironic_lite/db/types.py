# SPDX-License-Identifier: Apache-2.0
"""Column types and clock functions that behave the same on SQLite, MariaDB and PostgreSQL."""

import datetime
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import functions

from ironic_lite.common import encrypted, json_reading, redaction


def _long_text(dialect: Any) -> Any:
    """Return MariaDB's type for texts of any length; None for the other databases, where all texts may be long."""
    if dialect.name != "mysql":
        return None
    from sqlalchemy.dialects.mysql import LONGTEXT

    return LONGTEXT()


class UUIDText(sa.String):
    """A UUID: in small letters, with hyphens."""


class MACText(sa.String):
    """A MAC address: in small letters, with colons."""


class Remark(sa.Text):
    """A client's text about a record. It may quote an error with a password, which notifications mask."""


class FailureText(sa.types.TypeDecorator[str]):
    """The text of a failure, perhaps in the words of a server or its tools; it is cleaned before it is stored."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else redaction.storable(value)


class JSONDict(sa.types.TypeDecorator[dict[str, Any]]):
    """A dictionary as JSON text of any length; NULL reads as an empty dictionary."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return _long_text(dialect) or super().load_dialect_impl(dialect)

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else json_reading.to_text(value)

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], dict[str, Any]]:
        # A list of nodes calls this ten thousand times, so there is no layer between it and the driver.
        return read_dict


def read_dict(text: str | None) -> dict[str, Any]:
    if text is None or text == "{}":
        return {}
    value = json_reading.from_text(text)
    if encrypted.MARK not in text:
        return value
    return encrypted.WholeDict(value) if isinstance(value, str) else encrypted.EncryptedDict(value)


class JSONList(sa.types.TypeDecorator[list[Any]]):
    """A short list as JSON text; NULL reads as an empty list."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else json_reading.to_text(value)

    def process_result_value(self, value: Any, dialect: Any) -> list[Any]:
        return read_list(value)


def read_list(text: str | None) -> list[Any]:
    if text is None:
        return []
    value = json_reading.from_text(text)
    if encrypted.MARK not in text:
        return value
    return encrypted.WholeList(value) if isinstance(value, str) else encrypted.EncryptedList(value)


class LongJSONList(JSONList):
    """A list of any length as JSON text."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return _long_text(dialect) or super().load_dialect_impl(dialect)


class SortedWords(sa.types.TypeDecorator[list[str]]):
    """Reads the words of several rows, joined by commas, as a sorted list; for results only."""

    impl = sa.Text
    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], list[str]]:
        return lambda text: [] if text is None else sorted(text.split(","))


class LowerCase(sa.types.TypeDecorator[str]):
    """A short case-insensitive text: written and read in small letters."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else value.lower()

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], str | None]:
        return lambda text: None if text is None else text.lower()


class UTCDateTime(sa.types.TypeDecorator[datetime.datetime]):
    """A date and time with microseconds: stored in UTC without a zone, read with UTC as its zone."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name == "mysql":
            # Imported here so that only processes with MariaDB load it.
            from sqlalchemy.dialects.mysql import DATETIME

            return DATETIME(fsp=6)
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: Any, dialect: Any) -> datetime.datetime | None:
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(datetime.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Any) -> datetime.datetime | None:
        return None if value is None else value.replace(tzinfo=datetime.UTC)


class ISOMoment(sa.types.TypeDecorator[str]):
    """Reads a ``UTCDateTime`` column as ISO 8601 text; for results only."""

    impl = sa.DateTime
    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], str | None]:
        # SQLite stores text with a blank between date and time; the servers' drivers return datetimes.
        if dialect.name == "sqlite":
            return lambda text: None if text is None else f"{text[:10]}T{text[11:]}+00:00"
        return lambda moment: None if moment is None else f"{moment.isoformat()}+00:00"


class server_time_ago(functions.FunctionElement[datetime.datetime]):  # noqa: N801
    """The time by the database server's clock, this many seconds ago: ``server_time_ago(0)`` is now."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(server_time_ago, "sqlite")
def _sqlite_ago(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || CAST({seconds} AS TEXT) || ' seconds') || '000')"


@compiles(server_time_ago, "mysql")
@compiles(server_time_ago, "mariadb")
def _mysql_ago(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"DATE_SUB(UTC_TIMESTAMP(6), INTERVAL {seconds} SECOND)"


@compiles(server_time_ago, "postgresql")
def _postgresql_ago(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(timezone('utc', clock_timestamp()) - {seconds} * interval '1 second')"
