# SPDX-License-Identifier: Apache-2.0
"""What a process asks of its database before it starts."""

from pathlib import Path

from ironic_lite.common import exception
from ironic_lite.db import engine, migration


def require(upgrade_embedded: bool = False) -> None:
    """The database can be reached, and has the tables of this release.

    :param upgrade_embedded: bring an SQLite database up to date instead of asking for it.
    :raises DatabaseError: when it cannot be reached.
    :raises VersionIncompatible: when its tables are older or newer.
    """
    if upgrade_embedded and engine.url().get_backend_name() == "sqlite":
        migration.upgrade()
        return
    current, head = migration.current(), migration.head()
    if current == head:
        return
    if current is None:
        raise exception.DatabaseError(
            reason="it has no tables yet; run 'ironic-lite db upgrade' first"
        )
    raise exception.VersionIncompatible(
        what=f"This release (it needs tables of revision {head})",
        needed="an 'ironic-lite db upgrade'",
        running=f"on tables of revision {current}",
    )


def embedded_file_exists() -> bool:
    """Whether the SQLite file is there; connecting would make it."""
    return Path(str(engine.url().database)).exists()


def leave() -> None:
    """Close all connections, as before a fork; the next use makes new ones."""
    engine.dispose()
