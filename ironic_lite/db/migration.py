# SPDX-License-Identifier: Apache-2.0
"""Creating and upgrading the tables.

Every process that upgrades first takes a lock in the database, so any number of them may start together: the first
does the work, the others find it done. On SQLite and PostgreSQL an upgrade is one transaction.

Migrations follow each other in the order of their numbers, which their file names begin with. alembic, which takes
12 MB and a tenth of a second, is imported only where there is something to upgrade.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import engine, retry

LOCK_NAME = "ironic_lite_migration"
LOCK_NUMBER = 0x69726F6E
"""PostgreSQL's advisory locks have numbers."""
LOCK_TIMEOUT = 300
"""Seconds to wait for another process's upgrade."""

LAST_WITH_OLDER_STEPS = "43a4adb"
"""The commit whose ``db upgrade`` brings tables from before the first release up to it."""


_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_VERSION_TABLE = "alembic_version"


def head() -> str:
    """The revision that this release needs."""
    return max(_known())


def _known() -> set[str]:
    """All revisions of this release and those before it."""
    return {entry.name.partition("_")[0] for entry in _VERSIONS.glob("[0-9]*_*.py")}


def check_known(revision: str | None) -> None:
    """Look whether these tables are of this release or of one before it.

    :raises VersionIncompatible: a newer release has upgraded them, or a development version from before the first one
        has made them.
    """
    if revision is None or revision in _known():
        return
    if revision < min(_known()):
        raise exception.VersionIncompatible(
            f"The database's tables are of revision {revision}, from before the first release, which begins with "
            f"{min(_known())}. Upgrade them with the last development version that can: check out commit "
            f"{LAST_WITH_OLDER_STEPS} of ironic_lite, run 'ironic-lite db upgrade' there, and then this version."
        )
    raise exception.VersionIncompatible(
        f"The database's tables are of revision {revision}, which a newer release has made; this one knows them up "
        f"to {head()}. Run that release, or restore a backup from before its 'db upgrade'."
    )


@retry.on_transient_error
def current() -> str | None:
    """The revision of the database; None when it is empty."""
    with engine.reader() as connection:
        return _revision(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(
        sa.select(sa.column("version_num")).select_from(sa.table(_VERSION_TABLE))
    ).scalar()


def upgrade() -> str:
    """Bring the database, which may be empty, to ``head()``; returns that.

    :raises VersionIncompatible: see :func:`check_known`.
    """
    if current() != head():
        _upgrade()
    return head()


@retry.on_transient_error
def _upgrade() -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "ironic_lite.db:migrations")
    own = engine.create(engine.url(), read_timeout=None)
    try:
        with own.connect() as connection:
            _lock(connection)
            check_known(_revision(connection))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        own.dispose()


def _lock(connection: sa.Connection) -> None:
    """Wait for our turn; the lock goes with the transaction, on MariaDB with the connection."""
    match connection.dialect.name:
        case "sqlite":
            engine.take_lock(connection)
        case "postgresql":
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))
        case _:
            _take_named_lock(connection)


def _take_named_lock(connection: sa.Connection) -> None:
    """MariaDB ends a transaction at every change of a table; the lock belongs to the connection."""
    got: Any = connection.execute(sa.select(sa.func.get_lock(LOCK_NAME, LOCK_TIMEOUT))).scalar()
    connection.commit()
    if got != 1:
        raise exception.DatabaseError(
            reason=f"another process has been upgrading it for {LOCK_TIMEOUT} s"
        )
