# SPDX-License-Identifier: Apache-2.0
"""Creating and upgrading the tables.

Every process that upgrades first takes a lock in the database, so any number of them may start together: the first
does the work, the others find it done. On SQLite and PostgreSQL an upgrade is one transaction.
"""

from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic import config as alembic_config
from alembic import script as alembic_script
from alembic.runtime import migration as alembic_migration

from ironic_lite.common import exception
from ironic_lite.db import engine, retry

LOCK_NAME = "ironic_lite_migration"
LOCK_NUMBER = 0x69726F6E
"""PostgreSQL's advisory locks have numbers."""
LOCK_TIMEOUT = 300
"""Seconds to wait for another process's upgrade."""


def _config() -> alembic_config.Config:
    config = alembic_config.Config()
    config.set_main_option("script_location", "ironic_lite.db:migrations")
    return config


def head() -> str:
    """The revision that this release needs."""
    revision = alembic_script.ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


@retry.on_transient_error
def current() -> str | None:
    """The revision of the database; None when it is empty."""
    with engine.reader() as connection:
        return alembic_migration.MigrationContext.configure(connection).get_current_revision()


@retry.on_transient_error
def upgrade() -> str:
    """Bring the database, which may be empty, to ``head()``; returns that.

    :raises VersionIncompatible: when a newer release has upgraded it already.
    """
    config = _config()
    own = engine.create(engine.url(), bounded=False)
    try:
        with own.connect() as connection:
            _lock(connection)
            _refuse_newer(connection, config)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        own.dispose()
    return head()


def _refuse_newer(connection: sa.Connection, config: alembic_config.Config) -> None:
    revision = alembic_migration.MigrationContext.configure(connection).get_current_revision()
    known = {
        step.revision
        for step in alembic_script.ScriptDirectory.from_config(config).walk_revisions()
    }
    if revision is not None and revision not in known:
        raise exception.VersionIncompatible(
            what=f"The database (revision {revision})",
            needed="that upgraded it",
            running="an older one",
        )


def _lock(connection: sa.Connection) -> None:
    """Wait for our turn; the lock goes with the transaction, on MariaDB with the connection."""
    match connection.dialect.name:
        case "sqlite":
            connection.execution_options(writer=True)
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
