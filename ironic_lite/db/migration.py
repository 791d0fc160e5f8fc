# SPDX-License-Identifier: Apache-2.0
"""Creates and upgrades the tables.

Every upgrade first takes a lock in the database, so any number of processes may start together: the first one does
the upgrade, the others find it done. On SQLite and PostgreSQL an upgrade is one transaction.

Migrations run in the order of the numbers in their file names. alembic, which takes 12 MB and a tenth of a second, is
imported only for an upgrade.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import engine, retry

LOCK_NAME = "ironic_lite_migration"
LOCK_NUMBER = 0x69726F6E
"""The number of PostgreSQL's advisory lock."""
LOCK_TIMEOUT = 300
"""Seconds to wait for another process's upgrade."""

LAST_WITH_OLDER_STEPS = "43a4adb"
"""The commit whose ``db upgrade`` upgrades tables from before the first release to the first release."""


_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_VERSION_TABLE = "alembic_version"


def head() -> str:
    """Return the revision that this release needs."""
    return max(_known())


def _known() -> set[str]:
    """Return the revisions of this release and of the releases before it."""
    return {entry.name.partition("_")[0] for entry in _VERSIONS.glob("[0-9]*_*.py")}


def check_known(revision: str | None) -> None:
    """Check that the tables are of this release or of an earlier one.

    :raises VersionIncompatible: when a newer release has upgraded them, or a development version from before the first
        release has made them.
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
    """Return the revision of the database; None when it is empty."""
    with engine.reader() as connection:
        return _revision(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(
        sa.select(sa.column("version_num")).select_from(sa.table(_VERSION_TABLE))
    ).scalar()


def upgrade() -> str:
    """Upgrade the database, which may be empty, to ``head()``, and return that revision.

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
    """Wait for the upgrade lock; the transaction holds it, on MariaDB the connection."""
    match connection.dialect.name:
        case "sqlite":
            engine.take_lock(connection)
        case "postgresql":
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))
        case _:
            _take_named_lock(connection)


def _take_named_lock(connection: sa.Connection) -> None:
    """Take a lock of the connection, because MariaDB ends the transaction at every change of a table."""
    got: Any = connection.execute(sa.select(sa.func.get_lock(LOCK_NAME, LOCK_TIMEOUT))).scalar()
    connection.commit()
    if got != 1:
        raise exception.DatabaseError(
            reason=f"another process has been upgrading it for {LOCK_TIMEOUT} s"
        )
