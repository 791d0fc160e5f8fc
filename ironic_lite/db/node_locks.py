# SPDX-License-Identifier: Apache-2.0
"""The lock of a node: taking, releasing, checking and breaking it.

A locked node has ``reservation`` (the holder, for people) and ``reservation_token`` (for the fence: a write with a
token changes the row only while the row has that token).
"""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.db import conductors, engine, journal, retry
from ironic_lite.db.models import CONDUCTORS, NODE_JOURNAL, NODES
from ironic_lite.db.nodes import SAME_REVISION, UPDATE_FENCED, fence, named, nodes, refused_write

Row = dict[str, Any]

_UNLOCKED = {
    "reservation": None,
    "reservation_token": None,
    "reserved_at": None,
    **SAME_REVISION,
}

_RELEASE = UPDATE_FENCED.values(_UNLOCKED)
_RESERVE = {
    column: sa.update(NODES)
    .where(NODES.c[column] == sa.bindparam("ident"), NODES.c.reservation.is_(None))
    .values(
        reservation=sa.bindparam("tag"),
        reservation_token=sa.bindparam("token"),
        reserved_at=sa.bindparam("now"),
        **SAME_REVISION,
    )
    for column in ("id", "uuid", "name")
}


@retry.on_transient_error
def reserve(tag: str, ident: int | str, token: str) -> Row:
    """See ``Node.reserve``.

    :param token: a new secret; the same in all attempts of this call.
    """
    column, value = nodes.known_by(ident)
    given = {
        "ident": value,
        "tag": tag,
        "token": token,
        "now": timeutils.utcnow(with_timezone=True),
    }
    with engine.writer() as connection:
        connection.execute(_RESERVE[column], given)
        row = nodes.one(connection, column, value, ident)
    # The row count does not tell: an earlier attempt may have been committed although its answer was lost.
    if row["reservation_token"] != token:
        raise exception.NodeLocked(node=row["uuid"], host=row["reservation"])
    return row


@retry.on_transient_error
def release(node_id: int, token: str) -> None:
    """Release the lock; raises as ``update`` does."""
    with engine.writer() as connection:
        if (
            connection.execute(_RELEASE, named(node_id, token)).rowcount == 0
            and not retry.is_repeated()
        ):
            raise refused_write(connection, node_id)


@retry.on_transient_error
def check_lock(node_id: int, token: str) -> None:
    """Check that the node's lock has this token; raises as ``update`` does."""
    with engine.reader() as connection:
        held = sa.select(NODES.c.id).where(*fence(node_id, token))
        if connection.execute(held).first() is None:
            raise refused_write(connection, node_id)


@retry.on_transient_error
def release_orphans(
    hostnames: Iterable[str], even_if_alive: bool = False, by: str | None = None
) -> list[Row]:
    """See ``Node.release_orphans``. A lock that such a host takes meanwhile has another token and stays."""
    alive = sa.select(CONDUCTORS.c.hostname).where(conductors.is_alive())
    # The conductors are read after the locks: a holder of one of these locks had registered before it took the lock.
    condition = None if even_if_alive else NODES.c.reservation.not_in(alive)
    with engine.writer() as connection:
        held = connection.execute(_locks_of(hostnames)).mappings().all()
        return _break_locks(connection, held, condition, by)


@retry.on_transient_error
def release_mislaid(hostname: str, incarnation: str, is_held: Callable[[str], bool]) -> list[Row]:
    """See ``Node.release_mislaid``."""
    ours = (
        sa.select(CONDUCTORS.c.id)
        .where(CONDUCTORS.c.hostname == hostname, CONDUCTORS.c.incarnation == incarnation)
        .exists()
    )
    with engine.reader() as connection:
        held = connection.execute(_locks_of([hostname])).mappings().all()
    mislaid = [row for row in held if not is_held(row["reservation_token"])]
    if not mislaid:
        return []
    with engine.writer() as connection:
        return _break_locks(connection, mislaid, ours, hostname)


def _locks_of(hostnames: Iterable[str]) -> sa.Select[Any]:
    return (
        sa.select(
            NODES.c.id,
            NODES.c.uuid,
            NODES.c.reservation,
            NODES.c.reservation_token,
            NODES.c.reserved_at,
            NODES.c.operation,
            NODES.c.provision_state,
        )
        .where(NODES.c.reservation.in_(list(hostnames)))
        .order_by(NODES.c.id)
    )


def _break_locks(
    connection: sa.Connection,
    held: Iterable[Any],
    condition: sa.ColumnElement[bool] | None,
    by: str | None,
) -> list[Row]:
    freed = []
    for row in held:
        unbroken = fence(row["id"], row["reservation_token"])
        statement = sa.update(NODES).where(*unbroken).values(_UNLOCKED)
        if condition is not None:
            statement = statement.where(condition)
        if connection.execute(statement).rowcount:
            journal.write(connection, row["id"], [_broken_lock(row, by)])
            freed.append({name: row[name] for name in ("id", "uuid", "reservation")})
    return freed


def _broken_lock(row: Any, by: str | None) -> journal.Entry:
    return journal.Entry(
        NODE_JOURNAL,
        {
            "created_at": timeutils.utcnow(with_timezone=True),
            "operation": row["operation"],
            "kind": terms.LOCK,
            "subject": row["reservation"],
            "outcome": terms.BROKEN,
            "detail": f"held since {row['reserved_at'].isoformat()}"
            if row["reserved_at"]
            else None,
            "state": row["provision_state"],
            "conductor": by,
        },
    )
