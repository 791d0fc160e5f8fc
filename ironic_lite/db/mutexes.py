# SPDX-License-Identifier: Apache-2.0
"""What a cluster does one at a time: rows to lock in a transaction (``lock``), or to hold for a while (``hold``).

Holding ends by itself, by the database server's clock, so a holder that dies keeps nothing for long.
"""

import sqlalchemy as sa

from ironic_lite.db import engine, retry
from ironic_lite.db.models import MUTEXES
from ironic_lite.db.types import server_time_ago

HOLD_TIME = 20
"""Seconds after which what was not held anew is free again."""


def lock(connection: sa.Connection, name: str) -> None:
    """Wait until no other transaction has this mutex; it is ours until the end of this one."""
    # SQLite needs nothing more: it has one writer at a time.
    connection.execute(
        sa.select(MUTEXES.c.id).where(MUTEXES.c.name == name).with_for_update()
    ).one()


def is_free() -> sa.ColumnElement[bool]:
    """The condition, on rows of ``MUTEXES``."""
    return sa.or_(MUTEXES.c.holder.is_(None), MUTEXES.c.held_at < server_time_ago(HOLD_TIME))


@retry.on_transient_error
def hold(name: str, holder: str) -> bool:
    """Hold the mutex, or hold it longer; False: somebody else holds it."""
    own = sa.or_(is_free(), MUTEXES.c.holder == holder)
    statement = (
        sa.update(MUTEXES)
        .where(MUTEXES.c.name == name, own)
        .values(holder=holder, held_at=server_time_ago(0))
    )
    with engine.writer() as connection:
        return connection.execute(statement).rowcount == 1


@retry.on_transient_error
def give_back(name: str, holder: str) -> None:
    """Hold it no longer."""
    statement = (
        sa.update(MUTEXES)
        .where(MUTEXES.c.name == name, MUTEXES.c.holder == holder)
        .values(holder=None, held_at=None)
    )
    with engine.writer() as connection:
        connection.execute(statement)
