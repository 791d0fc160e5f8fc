# SPDX-License-Identifier: Apache-2.0
"""Translates the errors of the three databases' drivers.

Driver errors never leave this package, because their texts quote SQL and values. They are classified by their codes,
not by their classes, because importing a driver that is not in use would cost 9 MB.
"""

import re

from sqlalchemy import exc

from ironic_lite.common import exception

# MariaDB and MySQL error numbers, https://mariadb.com/kb/en/mariadb-error-code-reference/
_MYSQL_CONFLICT = frozenset({1020, 1205, 1213})
_MYSQL_LOST = frozenset({1040, 1047, 1053, 1927, 2002, 2003, 2006, 2013, 2014, 2055})
_MYSQL_MISSING = frozenset({1054, 1146})
_MYSQL_READ_ONLY = 1290
# SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_CONFLICT = frozenset({"40001", "40P01", "55P03"})
_POSTGRESQL_LOST = frozenset({"25P03", "57P01", "57P02", "57P03", "53300"})
_POSTGRESQL_MISSING = frozenset({"42P01", "42703"})
_POSTGRESQL_READ_ONLY = "25006"
_POSTGRESQL_CANCELED = "57014"
# https://www.sqlite.org/rescode.html; the low byte is the primary code.
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6

# Errors that the operator has to fix, in words instead of codes.
_DISK_FULL = "its disk is full; make room"
_SQLITE_TROUBLE = {
    8: "this user may not write to its file",
    10: "its disk is full, or reports an error",
    11: "its file is damaged; restore a backup",
    13: _DISK_FULL,
    26: "its file is no SQLite database",
}
_MYSQL_DISK_FULL, _POSTGRESQL_DISK_FULL = 1021, "53100"

_CONFLICT = "it was too busy (deadlock or lock timeout)"
_LOST = "the connection to it failed"
_STALLED = "it did not answer in time"
_READ_ONLY = "the server takes no writes: it is read-only, or another one took its place"
_MISSING = "its tables are missing or older than this service; run 'ironic-lite db upgrade'"
_POOL = "no connection became free in time; see [database] max_pool_size and max_overflow"


def transient_reason(error: BaseException) -> str | None:
    """Return why a retry may succeed, or None when it cannot."""
    if not isinstance(error, exc.DBAPIError):
        return None
    original = error.orig
    if isinstance(sqlite_code := getattr(original, "sqlite_errorcode", None), int):
        return _CONFLICT if sqlite_code & 0xFF in (_SQLITE_BUSY, _SQLITE_LOCKED) else None
    if is_read_only(original):
        return _READ_ONLY
    if error.connection_invalidated:
        return _LOST
    # Checked before the SQLSTATE, which PyMySQL's errors have too but which is the same for most MariaDB errors.
    if (number := _mysql_number(original)) is not None:
        return _mysql_reason(number)
    if original is not None and hasattr(original, "sqlstate"):
        return _postgresql_reason(error, original.sqlstate)
    return None


def _mysql_reason(number: int) -> str | None:
    if number in _MYSQL_CONFLICT:
        return _CONFLICT
    return _LOST if number in _MYSQL_LOST else None


def _postgresql_reason(error: exc.DBAPIError, state: str | None) -> str | None:
    if state is None:
        return _LOST if isinstance(error, exc.OperationalError | exc.InterfaceError) else None
    if state in _POSTGRESQL_CONFLICT:
        return _CONFLICT
    if state == _POSTGRESQL_CANCELED:
        return _STALLED
    return _LOST if state in _POSTGRESQL_LOST or state.startswith("08") else None


def is_read_only(original: BaseException | None) -> bool:
    """Return whether the server refuses writes as read-only, as a server demoted by a failover does."""
    return (
        getattr(original, "sqlstate", None) == _POSTGRESQL_READ_ONLY
        or _mysql_number(original) == _MYSQL_READ_ONLY
    )


def _mysql_number(original: BaseException | None) -> int | None:
    number = original.args[0] if original is not None and original.args else None
    return number if isinstance(number, int) else None


def translate(error: exc.SQLAlchemyError) -> exception.IronicLiteError:
    """Return the error for callers; it holds neither SQL nor values."""
    reason = _POOL if isinstance(error, exc.TimeoutError) else transient_reason(error)
    if reason is not None:
        return exception.DatabaseUnavailable(reason=reason)
    if isinstance(error, exc.DataError):
        return exception.InvalidParameterValue(
            err="A value is too long, out of range or holds characters that the database cannot keep."
        )
    reason = _MISSING if _schema_is_missing(error) else _trouble(error)
    if reason is None:
        reason = f"{type(error).__name__}{_code(error)}"
    return exception.DatabaseError(reason=reason)


def message_for_operators(error: exc.SQLAlchemyError) -> str:
    """Return why a connection failed, in the server's or the driver's words, which hold no password."""
    original = getattr(error, "orig", None)
    arguments: tuple[object, ...] = original.args if original is not None else ()
    if _mysql_number(original) is not None and len(arguments) > 1:
        return str(arguments[1])
    return str(original or type(error).__name__).strip().splitlines()[0]


def _schema_is_missing(error: exc.SQLAlchemyError) -> bool:
    original = getattr(error, "orig", None)
    if getattr(original, "sqlite_errorcode", None) is not None:
        return str(original).startswith(("no such table", "no such column", "table "))
    return (
        getattr(original, "sqlstate", None) in _POSTGRESQL_MISSING
        or _mysql_number(original) in _MYSQL_MISSING
    )


def _trouble(error: exc.SQLAlchemyError) -> str | None:
    """Return the problem of the database's machine (such as a full disk) that caused the error, else None."""
    original = getattr(error, "orig", None)
    if isinstance(sqlite_code := getattr(original, "sqlite_errorcode", None), int):
        return _SQLITE_TROUBLE.get(sqlite_code & 0xFF)
    full = (
        getattr(original, "sqlstate", None) == _POSTGRESQL_DISK_FULL
        or _mysql_number(original) == _MYSQL_DISK_FULL
    )
    return _DISK_FULL if full else None


def _code(error: exc.SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    for code in (
        getattr(original, "sqlite_errorname", None),
        _mysql_number(original),
        getattr(original, "sqlstate", None),
    ):
        if code is not None:
            return f" ({code})"
    return ""


_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)$")
_MYSQL_UNIQUE = re.compile(r"for key '(?:\w+\.)?([\w.]+)'")


def violated_columns(error: exc.IntegrityError, table: str) -> str | None:
    """Return the columns, joined by ``_``, whose unique constraint an INSERT or UPDATE of ``table`` violated.

    None for other constraints. It relies on the constraints' names: ``uniq_<table>_<columns>``.
    """
    original = error.orig
    if getattr(original, "sqlite_errorcode", None) is not None:
        match = _SQLITE_UNIQUE.match(str(original))
        if match is None:
            return None
        return "_".join(name.rpartition(".")[2] for name in match.group(1).split(", "))
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        constraint = diagnosis.constraint_name or ""
    else:
        match = _MYSQL_UNIQUE.search(str(original))
        constraint = match.group(1) if match else ""
    prefix = f"uniq_{table}_"
    return constraint.removeprefix(prefix) if constraint.startswith(prefix) else None
