# SPDX-License-Identifier: Apache-2.0
"""The connection pool of the process, and its transactions.

SQLite uses the write-ahead log, so that readers never wait. A writer takes the file's lock when it begins (BEGIN
IMMEDIATE), because SQLite does not wait for the lock in a transaction that has read before. Threads of one process
wait on a lock of the process, which wakes them at once; processes wait by the busy timeout.

MariaDB and PostgreSQL: the server ends transactions that their client leaves idle (``ABANDONED_AFTER``); the client
gives up on a server that is silent (``READ_TIMEOUT``, ``patience``). A server that refuses writes as read-only, because
another one took its place, makes the pool close all its connections.
"""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from ironic_lite.common import at_once, exception, guru_meditation
from ironic_lite.conf import CONF
from ironic_lite.db import errors

DEFAULT_FILE = "ironic-lite.sqlite"
CONNECT_TIMEOUT = 10
"""Seconds to connect to a database server."""
READ_TIMEOUT = 60
"""Seconds to wait for a server's answer to a statement."""
LOCK_TIMEOUT = 10
"""Seconds that a statement waits for another transaction's lock; then the transaction is repeated."""
ABANDONED_AFTER = 5
"""Seconds after which the server ends an idle transaction. Transactions last milliseconds, but a process that is paused
in one would keep its row locks, and no other conductor could take its nodes over."""

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}

_CHARSETS = {"mysql": ("charset", "utf8mb4"), "postgresql": ("client_encoding", "utf8")}
"""The URL argument for the connection's character set, and the character set that holds all of Unicode."""

_lock = threading.Lock()
_sqlite_writer = threading.Lock()
_current: tuple[int, sa.Engine] | None = None
_impatient: tuple[sa.Engine, sa.Engine] | None = None
"""The current engine, and its counterpart for the same file that never waits for a lock."""


def get() -> sa.Engine:
    """Return the engine of this process; it is made at first use, and again after a fork.

    :raises ConfigInvalid: when ``[database] connection`` cannot be used.
    """
    global _current
    current = _current
    if current is not None and current[0] == os.getpid():
        return current[1]
    with _lock:
        if _current is None or _current[0] != os.getpid():
            if _current is not None:
                # The connections belong to the parent process: drop them without closing them.
                _current[1].dispose(close=False)
            _current = (os.getpid(), create(url()))
            guru_meditation.add("Database", _facts)
        return _current[1]


def _facts() -> dict[str, object]:
    """Return what a report says of this process's connections."""
    current = _current
    if current is None:
        return {"connections": "none yet"}
    return {"server": current[1].dialect.name, "pool": current[1].pool.status()}


def dispose() -> None:
    """Close all connections; the next transaction connects to the database that is configured then."""
    global _current, _impatient
    with _lock:
        if _current is not None:
            ours = _current[0] == os.getpid()
            _current[1].dispose(close=ours)
            if _impatient is not None:
                _impatient[1].dispose(close=ours and _impatient[0] is _current[1])
        _current = _impatient = None


def is_at_hand() -> bool:
    """Return whether the database is a file, so that reading a record needs no server."""
    return get().dialect.name == "sqlite"


def _get_impatient() -> sa.Engine:
    """Return the engine for threads that must not wait.

    :raises WouldWait: when the database is a server, because any statement may then wait.
    """
    global _impatient
    patient = get()
    made = _impatient
    if made is not None and made[0] is patient:
        return made[1]
    if patient.dialect.name != "sqlite":
        at_once.leave()
    with _lock:
        if _impatient is not None and _impatient[0] is not patient:
            # Its connections are of the parent process, or to a database that is no longer configured.
            _impatient[1].dispose(close=False)
        _impatient = (patient, create(url(), busy_timeout=0))
        return _impatient[1]


def url() -> sa.URL:
    """Return the URL of the database: ``[database] connection``, or the embedded file.

    :raises ConfigInvalid: when the URL cannot be used; the message holds no password.
    """
    connection = CONF.database.connection
    if not connection:
        directory = Path(CONF.state_path).expanduser()
        return sa.URL.create("sqlite", database=str(directory / DEFAULT_FILE))
    try:
        parsed = sa.make_url(connection)
    except (exc.ArgumentError, ValueError):
        raise _invalid("it is not a URL") from None
    if parsed.drivername not in _DRIVERS:
        raise _invalid(f"'{parsed.drivername}' is not supported")
    parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise _invalid("SQLite in memory cannot be shared; name a file")
        assert parsed.database is not None
        return parsed.set(database=str(Path(parsed.database).expanduser()))
    if not parsed.database:
        raise _invalid("it names no database")
    return _in_unicode(parsed)


def _in_unicode(address: sa.URL) -> sa.URL:
    """Add the Unicode character set to the URL of a server.

    :raises ConfigInvalid: when the URL names another character set.
    """
    argument, charset = _CHARSETS[address.get_backend_name()]
    asked = address.query.get(argument, charset)
    # MariaDB's utf8 lacks emoji; read it as utf8mb4.
    if not isinstance(asked, str) or asked.lower() not in (charset, "utf8"):
        raise _invalid(f"{argument} has to be {charset}, or to be left out")
    return address.update_query_dict({argument: charset})


def _invalid(problem: str) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(
        error_msg=f"[database] connection: {problem}. Use sqlite:///FILE, "
        "mysql+pymysql://USER:PASSWORD@HOST/DATABASE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
    )


def create(
    address: sa.URL, read_timeout: int | None = READ_TIMEOUT, busy_timeout: float | None = None
) -> sa.Engine:
    """Make an engine for this URL.

    :param busy_timeout: seconds to wait for SQLite's locks; None: as configured.
    :param read_timeout: seconds to wait for the answer to a statement; None: without limit, for migrations.
    """
    # Imported here because workers share their metrics, which they must arrange before the metrics are imported.
    from ironic_lite.db import measured

    options = CONF.database
    arguments: dict[str, Any] = {
        "pool_size": options.max_pool_size,
        "max_overflow": options.max_overflow,
        "pool_timeout": options.pool_timeout,
        "hide_parameters": True,
    }
    backend = address.get_backend_name()
    if backend == "sqlite":
        assert address.database is not None
        _prepare_file(Path(address.database))
        if busy_timeout is None:
            busy_timeout = options.sqlite_busy_timeout
        engine = sa.create_engine(address, connect_args={"timeout": busy_timeout}, **arguments)
        event.listen(engine, "connect", _sqlite_connect)
        measured.statements_of(engine)
        return engine
    # One hour is below the usual idle limits of servers and firewalls; a connection lost earlier is retried.
    arguments["pool_recycle"] = 3600
    arguments["isolation_level"] = "READ COMMITTED"
    engine = sa.create_engine(
        address, connect_args=_server_arguments(backend, read_timeout), **arguments
    )
    measured.statements_of(engine)
    event.listen(engine, "handle_error", _leave_read_only_servers)
    if backend == "postgresql":
        event.listen(engine, "do_executemany", _one_by_one)
        event.listen(engine, "connect", _require_unicode)
        if read_timeout is not None:
            # Imported here because it loads the PostgreSQL driver.
            from ironic_lite.db import patience

            event.listen(engine, "do_connect", patience.connector(read_timeout))
    return engine


def _server_arguments(backend: str, read_timeout: int | None) -> dict[str, Any]:
    if backend == "mysql":
        arguments: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT,
            # Strict mode refuses values that do not fit instead of cutting them.
            "init_command": "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
        }
        if read_timeout is not None:
            arguments.update(read_timeout=read_timeout, write_timeout=read_timeout)
            # MySQL cannot end idle transactions, and reads the last part as a comment.
            arguments["init_command"] += (
                f", innodb_lock_wait_timeout = {LOCK_TIMEOUT}"
                f" /*M!100300 , idle_transaction_timeout = {ABANDONED_AFTER} */"
            )
        return arguments
    arguments = {"connect_timeout": CONNECT_TIMEOUT, "application_name": "ironic-lite"}
    if read_timeout is not None:
        arguments.update(
            keepalives_idle=max(1, read_timeout // 2),
            keepalives_interval=5,
            keepalives_count=6,
            tcp_user_timeout=read_timeout * 1000,
            options=f"-c statement_timeout={read_timeout * 1000} -c lock_timeout={LOCK_TIMEOUT * 1000}"
            f" -c idle_in_transaction_session_timeout={ABANDONED_AFTER * 1000}",
        )
    return arguments


def _leave_read_only_servers(context: sa.ExceptionContext) -> None:
    """Close all pooled connections when the server is read-only; the next one may reach the new primary server."""
    if errors.is_read_only(context.original_exception):
        context.is_disconnect = True


def _require_unicode(connection: Any, _record: Any) -> None:
    """Check the encoding of a PostgreSQL database, which is fixed at its creation.

    :raises ConfigInvalid: when the encoding cannot hold all of Unicode.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):
        name = connection.info.dbname
        raise exception.ConfigInvalid(
            error_msg=f"[database] connection: the PostgreSQL database '{name}' is in the encoding {encoding}, which "
            "cannot keep all texts. Make another one (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0), bring "
            "the records over with pg_dump if there are any, and name that one."
        )


def _one_by_one(cursor: Any, statement: str, parameters: Any, _context: Any) -> bool:
    """Execute without psycopg's pipeline: in an open pipeline the server runs no idle timer and keeps all row locks."""
    for row in parameters:
        cursor.execute(statement, row)
    return True


def _prepare_file(path: Path) -> None:
    """Create the file so that only its owner can read it, because it holds BMC passwords.

    An existing file is never opened here: closing it would drop all POSIX locks that SQLite holds on it in this
    process. Another process would then take itself for the last user and delete the log that this one still writes.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise exception.ConfigInvalid(
            error_msg=f"The database file {path} cannot be opened: {error.strerror}. "
            "Set [DEFAULT] state_path or [database] connection to a place this user may write to."
        ) from error


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # Otherwise the driver would begin transactions itself, later than BEGIN IMMEDIATE has to.
    connection.isolation_level = None
    cursor = connection.cursor()
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def problem() -> str | None:
    """Return why no connection to the database can be made now, else None. The text is for operators, not for clients.

    :raises ConfigInvalid: when ``[database] connection`` cannot be used.
    """
    try:
        with get().connect():
            return None
    except exc.SQLAlchemyError as error:
        return errors.message_for_operators(error)


@contextlib.contextmanager
def reader() -> Iterator[sa.Connection]:
    """Open a connection for reading. Each statement sees what was committed when it began."""
    engine = _get_impatient() if at_once.is_asked() else get()
    with engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writer() -> Iterator[sa.Connection]:
    """Open a transaction: committed at the end, rolled back on any exception. It must not be nested."""
    at_once.leave()
    engine = get()
    with contextlib.ExitStack() as stack:
        if engine.dialect.name == "sqlite":
            _queue_up(stack)
        connection = stack.enter_context(engine.connect())
        with connection.begin():
            take_lock(connection)
            yield connection


def take_lock(connection: sa.Connection) -> None:
    """Begin a write transaction on SQLite.

    An event listener of the engine would do this too, but would slow down every statement of readers.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _queue_up(stack: contextlib.ExitStack) -> None:
    seconds = CONF.database.sqlite_busy_timeout
    if not _sqlite_writer.acquire(timeout=seconds):
        raise exception.DatabaseUnavailable(reason=f"other threads kept it busy for {seconds} s")
    stack.callback(_sqlite_writer.release)
