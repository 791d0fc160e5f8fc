# SPDX-License-Identifier: Apache-2.0
"""The check of the database before a process starts."""

from pathlib import Path

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from ironic_lite.db.encryption import data_keys, keyring, wrapping

LOG = log.getLogger(__name__)


def require(upgrade_embedded: bool = False) -> None:
    """Check that the database can be reached and has the tables of this release.

    :param upgrade_embedded: upgrade an SQLite database instead of raising an error.
    :raises DatabaseError: when the database cannot be reached.
    :raises VersionIncompatible: when its tables are of an older or newer release.
    :raises EncryptionKeyMissing: when the key of its secrets is missing.
    :raises ConfigInvalid: when other users may read the key file.
    """
    # An SQLite file is checked when it is used; connecting here would create it.
    embedded = engine.url().get_backend_name() == "sqlite"
    problem = None if embedded else engine.problem()
    if problem:
        LOG.warning("%s Trying again.", _unusable(problem))
    try:
        _require(upgrade_embedded)
    except exception.DatabaseError as exc:
        raise exception.DatabaseError(_unusable(problem or exc.kwargs["reason"])) from None
    require_keys()


def check(upgrade_embedded: bool = False) -> None:
    """Raise whatever :func:`require` would raise about the tables. It asks once, and changes nothing.

    :raises DatabaseError, VersionIncompatible: as ``require`` does.
    """
    CONF.set_override("max_retries", 0, group="database")
    embedded = engine.url().get_backend_name() == "sqlite"
    problem = None if embedded else engine.problem()
    try:
        if problem:
            raise exception.DatabaseError(reason=problem)
        current = revision()
        migration.check_known(current)
        if not (embedded and upgrade_embedded):
            _refuse_older(current)
    except exception.DatabaseError as exc:
        raise exception.DatabaseError(_unusable(exc.kwargs["reason"])) from None


def check_keys() -> None:
    """Raise whatever :func:`require_keys` would raise. It changes nothing.

    :raises EncryptionKeyMissing, KeyServiceUnavailable, ConfigInvalid: as ``require_keys`` does.
    """
    if revision() is not None and data_keys.are_there():
        keyring.current().check()
    else:
        wrapping.check_first()


def upgrade() -> str:
    """Upgrade the tables to this release, and return their revision. Without the key of the secrets it changes nothing.

    :raises EncryptionKeyMissing, ConfigInvalid: the key is missing or unsafe.
    """
    if data_keys.are_there():
        require_keys()
    revision = migration.upgrade()
    require_keys()
    return revision


def require_keys() -> None:
    """Check that this process can decrypt the secrets in the database. A new database gets its first key.

    :raises EncryptionKeyMissing, ConfigInvalid: it cannot decrypt them; nothing was changed.
    """
    keyring.current().load()


def _unusable(problem: str) -> str:
    where = engine.url().set(query={}).render_as_string(hide_password=True)
    return f"The database {where} cannot be used: {problem.rstrip('.')}."


def _require(upgrade_embedded: bool) -> None:
    if upgrade_embedded and engine.url().get_backend_name() == "sqlite":
        upgrade()
        return
    current = revision()
    migration.check_known(current)
    _refuse_older(current)


def _refuse_older(current: str | None) -> None:
    if current is None:
        raise exception.DatabaseError(
            reason="it has no tables yet; run 'ironic-lite db upgrade' first"
        )
    if current != migration.head():
        raise exception.VersionIncompatible(
            f"The database's tables are at revision {current}, but this release needs {migration.head()}. "
            "Run 'ironic-lite db upgrade' first."
        )


def revision() -> str | None:
    """Return the revision of the tables; None when there are none. It creates no file."""
    if engine.url().get_backend_name() == "sqlite" and not embedded_file_exists():
        return None
    return migration.current()


def embedded_file_exists() -> bool:
    """Tell whether the SQLite file exists, without connecting, which would create it."""
    return Path(str(engine.url().database)).exists()


def leave() -> None:
    """Close all connections; call this before a fork. The next use opens new ones."""
    engine.dispose()
