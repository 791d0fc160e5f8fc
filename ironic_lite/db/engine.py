# SPDX-License-Identifier: Apache-2.0
"""The process's one connection pool, and transactions on it.

SQLite: write-ahead log, so that readers never wait; a writer takes the file's lock when it begins (BEGIN IMMEDIATE),
because a transaction that reads first and asks for the lock later cannot be made to wait for it. Threads of one process
queue on a lock of ours, which wakes them at once; processes queue by the busy timeout.

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

from ironic_lite.common import at_once, exception
from ironic_lite.conf import CONF
from ironic_lite.db import errors

DEFAULT_FILE = "ironic-lite.sqlite"
CONNECT_TIMEOUT = 10
"""Seconds to reach a database server."""
READ_TIMEOUT = 60
"""Seconds that a server may be silent in the middle of a statement."""
LOCK_TIMEOUT = 10
"""Seconds that a statement waits for another transaction's lock; then its transaction is tried again."""
ABANDONED_AFTER = 5
"""Seconds after which the server ends a transaction whose client says nothing. Ours last milliseconds; but a process
that is stopped in the middle of one would keep its row locks, and nobody could take its nodes over."""

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
"""How a URL says in which character set texts travel, and the one that holds all that clients may send."""

_lock = threading.Lock()
_sqlite_writer = threading.Lock()
_current: tuple[int, sa.Engine] | None = None
_impatient: tuple[sa.Engine, sa.Engine] | None = None
"""The current engine, and an engine for the same file that never waits for a lock."""


def get() -> sa.Engine:
    """The engine of this process; made at first use, and anew after a fork.

    :raises ConfigInvalid: when ``[database] connection`` cannot be used.
    """
    global _current
    current = _current
    if current is not None and current[0] == os.getpid():
        return current[1]
    with _lock:
        if _current is None or _current[0] != os.getpid():
            if _current is not None:
                # The connections are the parent's: forget, do not close them.
                _current[1].dispose(close=False)
            _current = (os.getpid(), create(url()))
        return _current[1]


def dispose() -> None:
    """Close all connections; the next transaction opens new ones, to what the configuration then names."""
    global _current, _impatient
    with _lock:
        if _current is not None:
            ours = _current[0] == os.getpid()
            _current[1].dispose(close=ours)
            if _impatient is not None:
                _impatient[1].dispose(close=ours and _impatient[0] is _current[1])
        _current = _impatient = None


def is_at_hand() -> bool:
    """Whether the database is a file, so that reading a record involves no server."""
    return get().dialect.name == "sqlite"


def _get_impatient() -> sa.Engine:
    """The engine for threads that must not wait.

    :raises WouldWait: the database is a server, which may keep any statement waiting.
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
            # It belongs to the parent process, or to a database that is no longer configured.
            _impatient[1].dispose(close=False)
        _impatient = (patient, create(url(), busy_timeout=0))
        return _impatient[1]


def url() -> sa.URL:
    """Where the database is: ``[database] connection``, or the embedded file.

    :raises ConfigInvalid: with a message that holds no password.
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
    """The address of a server with the character set of our texts in it.

    :raises ConfigInvalid: when it names another one.
    """
    argument, charset = _CHARSETS[address.get_backend_name()]
    asked = address.query.get(argument, charset)
    # What MariaDB calls utf8 has no emoji; who writes it means all of it.
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
    """An engine for this address.

    :param busy_timeout: seconds to wait for SQLite's locks; None: as configured.
    :param read_timeout: seconds after which it gives up on statements; None: never, as migrations may take long.
    """
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
        return engine
    # One hour is below the servers' and firewalls' usual idle limits; what dies sooner is retried.
    arguments["pool_recycle"] = 3600
    arguments["isolation_level"] = "READ COMMITTED"
    engine = sa.create_engine(
        address, connect_args=_server_arguments(backend, read_timeout), **arguments
    )
    event.listen(engine, "handle_error", _leave_read_only_servers)
    if backend == "postgresql":
        event.listen(engine, "do_executemany", _one_by_one)
        event.listen(engine, "connect", _require_unicode)
        if read_timeout is not None:
            # Loads the driver: only where it is in use.
            from ironic_lite.db import patience

            event.listen(engine, "do_connect", patience.connector(read_timeout))
    return engine


def _server_arguments(backend: str, read_timeout: int | None) -> dict[str, Any]:
    if backend == "mysql":
        arguments: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT,
            # Values that do not fit are refused, never cut.
            "init_command": "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
        }
        if read_timeout is not None:
            arguments.update(read_timeout=read_timeout, write_timeout=read_timeout)
            # MySQL, which cannot end idle transactions, takes the last part for a comment.
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
    """Close this connection and those that wait in the pool: the next try may meet the server that takes writes now."""
    if errors.is_read_only(context.original_exception):
        context.is_disconnect = True


def _require_unicode(connection: Any, _record: Any) -> None:
    """A PostgreSQL database has one encoding, chosen when it is made.

    :raises ConfigInvalid: it is one that cannot keep all texts.
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
    """Without psycopg's pipeline: a server that waits for its end runs no timer, and keeps all row locks until then."""
    for row in parameters:
        cursor.execute(statement, row)
    return True


def _prepare_file(path: Path) -> None:
    """The file holds BMC passwords: only its owner may read it.

    A file that is there is never opened here. Closing it again would drop all POSIX locks that SQLite holds on it in
    this process; another process then takes itself for the last user and removes the log that we still write to.
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
    # The driver would begin transactions by itself, and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def problem() -> str | None:
    """Why no connection can be made to the database server just now; None when one can. For operators, not for clients.

    :raises ConfigInvalid: when ``[database] connection`` cannot be used.
    """
    try:
        with get().connect():
            return None
    except exc.SQLAlchemyError as error:
        return errors.told_to_operators(error)


@contextlib.contextmanager
def reader() -> Iterator[sa.Connection]:
    """A connection for reading. Each statement sees what was committed when it began."""
    engine = _get_impatient() if at_once.is_asked() else get()
    with engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writer() -> Iterator[sa.Connection]:
    """A transaction: committed at the end, rolled back by any exception. Not to be nested."""
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
    """Begin SQLite's transaction as a writer's.

    Not by an event of the engine: SQLAlchemy would look for listeners at each step of each reader too.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _queue_up(stack: contextlib.ExitStack) -> None:
    seconds = CONF.database.sqlite_busy_timeout
    if not _sqlite_writer.acquire(timeout=seconds):
        raise exception.DatabaseUnavailable(reason=f"other threads kept it busy for {seconds} s")
    stack.callback(_sqlite_writer.release)
