# SPDX-License-Identifier: Apache-2.0
"""Mutexes of the cluster: rows to lock in a transaction (``lock``), or to lease for a while (``hold``).

A lease expires by the database server's clock, so a holder that dies blocks the others only for ``HOLD_TIME``.
"""

import sqlalchemy as sa

from ironic_lite.db import engine, retry
from ironic_lite.db.models import MUTEXES
from ironic_lite.db.types import server_time_ago

HOLD_TIME = 20
"""Seconds after which a lease that is not renewed expires."""


def lock(connection: sa.Connection, name: str) -> None:
    """Wait until no other transaction has this mutex, and lock it until the end of this transaction."""
    # SQLite ignores FOR UPDATE, and has only one writer at a time.
    connection.execute(
        sa.select(MUTEXES.c.id).where(MUTEXES.c.name == name).with_for_update()
    ).one()


def is_free() -> sa.ColumnElement[bool]:
    """Return the condition, on rows of ``MUTEXES``, that no lease is valid."""
    return sa.or_(MUTEXES.c.holder.is_(None), MUTEXES.c.held_at < server_time_ago(HOLD_TIME))


@retry.on_transient_error
def hold(name: str, holder: str) -> bool:
    """Lease the mutex or renew the lease; return False when another holder has it."""
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
    statement = (
        sa.update(MUTEXES)
        .where(MUTEXES.c.name == name, MUTEXES.c.holder == holder)
        .values(holder=None, held_at=None)
    )
    with engine.writer() as connection:
        connection.execute(statement)
