# SPDX-License-Identifier: Apache-2.0
"""The rows of data keys."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.db import engine, mutexes, retry
from ironic_lite.db.models import DATA_KEYS

MUTEX = "data keys"

Row = dict[str, Any]
Wrap = Callable[[], tuple[str, str]]
"""Returns the name of the wrapping key, and a new data key wrapped by it. Called under the mutex."""

_c = DATA_KEYS.c


@retry.on_transient_error
def all_rows() -> list[Row]:
    """Return all data keys, the oldest first."""
    with engine.reader() as connection:
        return _read(connection)


def _read(connection: sa.Connection) -> list[Row]:
    return [
        dict(row) for row in connection.execute(sa.select(DATA_KEYS).order_by(_c.id)).mappings()
    ]


@retry.on_transient_error
def are_there() -> bool:
    """Return whether the database, which may be empty or of an older release, has data keys."""
    with engine.reader() as connection:
        return sa.inspect(connection).has_table(DATA_KEYS.name) and bool(_read(connection))


@retry.on_transient_error
def newest_number() -> int | None:
    """Return the id of the key to encrypt with; None when there is no key yet."""
    with engine.reader() as connection:
        return connection.execute(sa.select(sa.func.max(_c.id))).scalar()


@retry.on_transient_error
def add_first(uuid: str, wrap: Wrap) -> None:
    """Add a key, unless there is one already."""
    with engine.writer() as connection:
        mutexes.lock(connection, MUTEX)
        if not _read(connection):
            _insert(connection, uuid, wrap, in_rekey=False)


@retry.on_transient_error
def begin_rekey(uuid: str, wrap: Wrap) -> Row:
    """Return the key to encrypt all secrets with: the key of a rekeying that was cut off, else a new one."""
    with engine.writer() as connection:
        mutexes.lock(connection, MUTEX)
        rows = _read(connection)
        if not rows or not rows[-1]["in_rekey"]:
            _insert(connection, uuid, wrap, in_rekey=True)
            rows = _read(connection)
        return rows[-1]


def _insert(connection: sa.Connection, uuid: str, wrap: Wrap, in_rekey: bool) -> None:
    wrapped_by, wrapped = wrap()
    connection.execute(
        sa.insert(DATA_KEYS),
        {
            "created_at": timeutils.utcnow(with_timezone=True),
            "uuid": uuid,
            "wrapped_by": wrapped_by,
            "wrapped": wrapped,
            "in_rekey": in_rekey,
        },
    )


@retry.on_transient_error
def end_rekey(number: int) -> None:
    """Record that every secret is encrypted with this key."""
    with engine.writer() as connection:
        connection.execute(sa.update(DATA_KEYS).where(_c.id == number).values(in_rekey=False))


@retry.on_transient_error
def rewrap(number: int, wrapped_by: str, wrapped: str) -> None:
    """Store a data key wrapped by another wrapping key."""
    written = {
        "wrapped_by": wrapped_by,
        "wrapped": wrapped,
        "updated_at": timeutils.utcnow(with_timezone=True),
    }
    with engine.writer() as connection:
        connection.execute(sa.update(DATA_KEYS).where(_c.id == number).values(written))
