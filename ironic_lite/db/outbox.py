# SPDX-License-Identifier: Apache-2.0
"""The rows of notifications that wait to be sent.

A notification is written in the transaction of the change that it reports, and deleted when a broker has confirmed
it. All notifications with one key (a record's UUID) are in one lane, in the order of the changes, because each writer
holds the lock of the changed row. One sender at a time sends a lane; it holds the mutex of the lane's name.
"""

import zlib
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.db import engine, mutexes, retry
from ironic_lite.db.encryption import keyring
from ironic_lite.db.encryption import rows as encryption
from ironic_lite.db.models import MUTEXES, NOTIFICATIONS

LANES = 16

_guarded = encryption.Guarded(NOTIFICATIONS)

Row = dict[str, Any]


def lane_of(key: str) -> str:
    return f"notifications {zlib.crc32(key.encode()) % LANES}"


def add(connection: sa.Connection, key: str, message_id: str, message: Row) -> None:
    """Insert a notification, in the transaction of the change that it reports.

    :param message_id: a unique id; the same in all attempts of the transaction.
    """
    if retry.is_repeated() and _is_there(connection, message_id):
        return
    plain = {
        "created_at": timeutils.utcnow(with_timezone=True),
        "message_id": message_id,
        "lane": lane_of(key),
        "message": message,
    }
    connection.execute(sa.insert(NOTIFICATIONS), _guarded.encrypt(message_id, plain))


def prepare() -> None:
    """Make sure that there is a data key for :func:`add`, which cannot make one within its transaction."""
    keyring.current().newest()


def _is_there(connection: sa.Connection, message_id: str) -> bool:
    own = sa.select(NOTIFICATIONS.c.id).where(NOTIFICATIONS.c.message_id == message_id)
    return connection.execute(own).first() is not None


@retry.on_transient_error
def store(key: str, message_id: str, message: Row) -> None:
    """Insert a notification of an event that changes no row."""
    prepare()
    with engine.writer() as connection:
        add(connection, key, message_id, message)


@retry.on_transient_error
def free_lanes() -> list[str]:
    """Return the lanes that have notifications and no sender."""
    waiting = sa.exists().where(NOTIFICATIONS.c.lane == MUTEXES.c.name)
    statement = sa.select(MUTEXES.c.name).where(waiting, mutexes.is_free())
    with engine.reader() as connection:
        return list(connection.execute(statement).scalars())


@retry.on_transient_error
def oldest(lane: str, limit: int) -> list[Row]:
    """Return the notifications of a lane, ``{"id", "message"}``, the oldest first."""
    statement = (
        sa.select(NOTIFICATIONS.c.id, NOTIFICATIONS.c.message_id, NOTIFICATIONS.c.message)
        .where(NOTIFICATIONS.c.lane == lane)
        .order_by(NOTIFICATIONS.c.id)
        .limit(limit)
    )
    with engine.reader() as connection:
        found = [dict(row) for row in connection.execute(statement).mappings()]
    return _guarded.decrypt_all(found, ("message_id", "message"), ("message_id",))


@retry.on_transient_error
def delete(ids: list[int]) -> None:
    """Delete notifications that were sent."""
    with engine.writer() as connection:
        connection.execute(sa.delete(NOTIFICATIONS).where(NOTIFICATIONS.c.id.in_(ids)))


@retry.on_transient_error
def shorten(limit: int) -> int:
    """Delete the oldest notifications so that ``limit`` remain; return the number deleted."""
    newest = sa.select(sa.func.max(NOTIFICATIONS.c.id) - sa.func.min(NOTIFICATIONS.c.id))
    beyond = sa.select(NOTIFICATIONS.c.id).order_by(NOTIFICATIONS.c.id.desc())
    with engine.writer() as connection:
        # Ids have gaps, so there are fewer rows than the newest id says; a count is needed only above the limit.
        if (connection.execute(newest).scalar() or 0) < limit:
            return 0
        last = connection.execute(beyond.offset(limit).limit(1)).scalar()
        if last is None:
            return 0
        too_old = sa.delete(NOTIFICATIONS).where(NOTIFICATIONS.c.id <= last)
        return connection.execute(too_old).rowcount
