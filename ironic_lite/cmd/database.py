# SPDX-License-Identifier: Apache-2.0
"""What a process asks of its database before it starts."""

from pathlib import Path

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.db import engine, migration
from ironic_lite.db.encryption import data_keys, keyring

LOG = log.getLogger(__name__)


def require(upgrade_embedded: bool = False) -> None:
    """The database can be reached, and has the tables of this release.

    :param upgrade_embedded: bring an SQLite database up to date instead of asking for it.
    :raises DatabaseError: when it cannot be reached.
    :raises VersionIncompatible: when its tables are older or newer.
    :raises EncryptionKeyMissing: the key of its secrets is not there. ``ConfigInvalid``: nobody else may read it.
    """
    # What is wrong with a file is told as it is used; to look for it here would make it.
    embedded = engine.url().get_backend_name() == "sqlite"
    problem = None if embedded else engine.problem()
    if problem:
        LOG.warning("%s Trying again.", _told(problem))
    try:
        _require(upgrade_embedded)
    except exception.DatabaseError as exc:
        raise exception.DatabaseError(_told(problem or exc.kwargs["reason"])) from None
    require_keys()


def upgrade() -> str:
    """Bring the tables up to this release; returns their revision. The key is looked for first, so that without it
    nothing is changed.

    :raises EncryptionKeyMissing, ConfigInvalid: it is not there.
    """
    if data_keys.are_there():
        require_keys()
    revision = migration.upgrade()
    require_keys()
    return revision


def require_keys() -> None:
    """This process can decrypt what is encrypted in the database; a new database gets its first key.

    :raises EncryptionKeyMissing, ConfigInvalid: it cannot; nothing was changed.
    """
    keyring.current().load()


def _told(problem: str) -> str:
    where = engine.url().set(query={}).render_as_string(hide_password=True)
    return f"The database {where} cannot be used: {problem.rstrip('.')}."


def _require(upgrade_embedded: bool) -> None:
    if upgrade_embedded and engine.url().get_backend_name() == "sqlite":
        upgrade()
        return
    current = revision()
    migration.check_known(current)
    if current is None:
        raise exception.DatabaseError(
            reason="it has no tables yet; run 'ironic-lite db upgrade' first"
        )
    if current != migration.head():
        raise exception.VersionIncompatible(
            f"The database's tables are of revision {current}, and this release needs {migration.head()}. "
            "Run 'ironic-lite db upgrade' first."
        )


def revision() -> str | None:
    """The revision of the tables; None when there are none. Makes no file."""
    if engine.url().get_backend_name() == "sqlite" and not embedded_file_exists():
        return None
    return migration.current()


def embedded_file_exists() -> bool:
    """Whether the SQLite file is there; connecting would make it."""
    return Path(str(engine.url().database)).exists()


def leave() -> None:
    """Close all connections, as before a fork; the next use makes new ones."""
    engine.dispose()
