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
"""Gives the name of the wrapping key, and a new data key as that has wrapped it. Called under the mutex."""

_c = DATA_KEYS.c


@retry.on_transient_error
def all_rows() -> list[Row]:
    """Every data key, the oldest first."""
    with engine.reader() as connection:
        return _read(connection)


def _read(connection: sa.Connection) -> list[Row]:
    return [
        dict(row) for row in connection.execute(sa.select(DATA_KEYS).order_by(_c.id)).mappings()
    ]


@retry.on_transient_error
def are_there() -> bool:
    """Whether the database, which may be empty or of an older release, has data keys."""
    with engine.reader() as connection:
        return sa.inspect(connection).has_table(DATA_KEYS.name) and bool(_read(connection))


@retry.on_transient_error
def newest_number() -> int | None:
    """The id of the key that is to be written with; None: there is none yet."""
    with engine.reader() as connection:
        return connection.execute(sa.select(sa.func.max(_c.id))).scalar()


@retry.on_transient_error
def add_first(uuid: str, wrap: Wrap) -> None:
    """Add a key, unless there is one."""
    with engine.writer() as connection:
        mutexes.lock(connection, MUTEX)
        if not _read(connection):
            _insert(connection, uuid, wrap, in_rekey=False)


@retry.on_transient_error
def begin_rekey(uuid: str, wrap: Wrap) -> Row:
    """The key that everything is to be encrypted with: that of a rekeying that was cut off, else a new one."""
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
    """Nothing is left that another key, or none, was used for."""
    with engine.writer() as connection:
        connection.execute(sa.update(DATA_KEYS).where(_c.id == number).values(in_rekey=False))


@retry.on_transient_error
def rewrap(number: int, wrapped_by: str, wrapped: str) -> None:
    """Keep a data key as another wrapping key has wrapped it."""
    written = {
        "wrapped_by": wrapped_by,
        "wrapped": wrapped,
        "updated_at": timeutils.utcnow(with_timezone=True),
    }
    with engine.writer() as connection:
        connection.execute(sa.update(DATA_KEYS).where(_c.id == number).values(written))
