# SPDX-License-Identifier: Apache-2.0
"""The rows of nodes: reading, writing, and the lock.

A locked node has ``reservation`` (the holder, for people) and ``reservation_token`` (for the fence: a write with a
token changes the row only while the row has that token).
"""

import datetime
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.db import conductors, engine, journal, mutexes, retry
from ironic_lite.db.models import ALLOCATIONS, CHASSIS, CONDUCTORS, NODE_JOURNAL, NODES, PORTS
from ironic_lite.db.models.base import new_revision
from ironic_lite.db.node_filters import FILTERS, node_traits
from ironic_lite.db.repository import Also, Repository

Row = dict[str, Any]


_SAME_REVISION = {"revision": NODES.c.revision}
"""Locks and heartbeats keep the revision, because a client that edits the node need not see them."""

_UNLOCKED = {
    "reservation": None,
    "reservation_token": None,
    "reserved_at": None,
    **_SAME_REVISION,
}

# These statements run so often that building them each time would be a tenth of the work. The columns that they do not
# name are written from the parameters.
_THIS_ONE = NODES.c.id == sa.bindparam("the_node")
_UNDER_THIS_LOCK = NODES.c.reservation_token == sa.bindparam("the_token")
_UPDATE = sa.update(NODES).where(_THIS_ONE)
_UPDATE_FENCED = _UPDATE.where(_UNDER_THIS_LOCK)
_RELEASE = _UPDATE_FENCED.values(_UNLOCKED)
_RESERVE = {
    column: sa.update(NODES)
    .where(NODES.c[column] == sa.bindparam("ident"), NODES.c.reservation.is_(None))
    .values(
        reservation=sa.bindparam("tag"),
        reservation_token=sa.bindparam("token"),
        reserved_at=sa.bindparam("now"),
        **_SAME_REVISION,
    )
    for column in ("id", "uuid", "name")
}


_TOKEN_TRIES = 5
"""How often a heartbeat's token is compared with the stored one if that is encrypted again meanwhile."""


def _named(node_id: int, token: str | None) -> Row:
    """Return the parameters of these statements' conditions."""
    given: Row = {"the_node": node_id}
    return given if token is None else {**given, "the_token": token}


nodes = Repository(
    NODES,
    "Nodes",
    lambda ident: exception.NodeNotFound(node=ident),
    known_by=("uuid", "name"),
    taken={
        "uuid": lambda row: exception.NodeAlreadyExists(uuid=row["uuid"]),
        "name": lambda row: exception.DuplicateName(name=row["name"]),
        "instance_uuid": lambda row: exception.InstanceAssociated(
            instance_uuid=row["instance_uuid"], node=row["uuid"]
        ),
    },
    derived=(
        sa.select(CHASSIS.c.uuid)
        .where(CHASSIS.c.id == NODES.c.chassis_id)
        .scalar_subquery()
        .label("chassis_uuid"),
        sa.select(ALLOCATIONS.c.uuid)
        .where(ALLOCATIONS.c.node_id == NODES.c.id)
        .scalar_subquery()
        .label("allocation_uuid"),
        node_traits.column(),
    ),
    filters=FILTERS,
)

create = nodes.create
get = nodes.get
rows = nodes.rows


_c = NODES.c


def _now() -> datetime.datetime:
    return timeutils.utcnow(with_timezone=True)


@retry.on_transient_error
def get_by_name(name: str) -> Row:
    """See ``Node.get_by_name``."""
    with engine.reader() as connection:
        return nodes.one(connection, "name", name)


@retry.on_transient_error
def get_by_port_addresses(addresses: Iterable[str], node_uuid: str | None = None) -> Row:
    """Return the one node that has ports with any of these MAC addresses.

    The network adapters of management processors have the same address on every server. Of several nodes with such
    ports, the one that expects an agent is chosen; of several such nodes, the one whose ports are all among the
    addresses.

    :raises NodeNotFound: when there is no such node, or more than one.
    """
    macs = [address.lower() for address in addresses]
    owners = sa.select(PORTS.c.node_id).where(PORTS.c.address.in_(macs))
    statement = nodes.select.where(NODES.c.id.in_(owners))
    if node_uuid is not None:
        statement = statement.where(NODES.c.uuid == node_uuid)
    with engine.reader() as connection:
        rows = connection.execute(statement).mappings().all()
        if len(rows) > 1:
            rows = _likeliest(connection, rows, macs)
    if len(rows) != 1:
        found = "several nodes have" if rows else "no node has"
        raise exception.NodeNotFound(
            f"Node could not be found: {found} ports with the addresses {', '.join(macs) or '(none)'}."
        )
    return nodes.guarded.decrypt(dict(rows[0]))


def _likeliest(connection: sa.Connection, rows: Sequence[Any], macs: list[str]) -> list[Any]:
    """Return those nodes that the agent with these addresses may run on."""
    expecting = [row for row in rows if provision_states.expects_agent(row["provision_state"])]
    if len(expecting) == 1:
        return expecting
    ids = [row["id"] for row in expecting]
    foreign = sa.select(PORTS.c.node_id).where(
        PORTS.c.node_id.in_(ids), PORTS.c.address.not_in(macs)
    )
    incomplete = set(connection.execute(foreign).scalars())
    return [row for row in expecting if row["id"] not in incomplete] or list(rows)


@retry.on_transient_error
def shards() -> list[Row]:
    """See ``Node.shards``."""
    statement = (
        sa.select(NODES.c.shard.label("name"), sa.func.count().label("count"))
        .group_by(NODES.c.shard)
        .order_by(NODES.c.shard)
    )
    with engine.reader() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


@retry.on_transient_error
def update(
    node_id: int,
    values: Row,
    token: str | None = None,
    entries: Sequence[journal.Entry] = (),
    also: Sequence[Also] = (),
    uuid: str | None = None,
) -> Row:
    """Write these columns; a new provision state also sets ``provision_updated_at``.

    :param token: write only while this is the token of the node's lock.
    :param entries: entries for the node's journal and history, in the same transaction.
    :param also: further work in the same transaction.
    :param uuid: the node's UUID, which saves a query.
    :returns: all columns that were written.
    :raises NodeLockLost: when the node's lock has another token; nothing was written.
    :raises NodeNotFound: when the node was deleted. Also raises the errors of ``create`` for unique columns.
    """
    kept = nodes.encrypted(node_id, uuid, values)
    written = {**kept, "updated_at": _now(), "revision": new_revision()} if values else {}
    if "provision_state" in values and "provision_updated_at" not in values:
        written["provision_updated_at"] = written["updated_at"]
    statement = _UPDATE if token is None else _UPDATE_FENCED
    if not written:
        statement = statement.values(_SAME_REVISION)
    try:
        with engine.writer() as connection:
            given = {**written, **_named(node_id, token)}
            if connection.execute(statement, given).rowcount == 0:
                raise _refusal(connection, node_id)
            if entries:
                journal.write(connection, node_id, entries)
            nodes.run(also, connection, node_id)
    except exc.IntegrityError as error:
        raise nodes.translate_violation(error, {**get(node_id), **values}) from None
    return nodes.guarded.as_read(written, values)


def at_most(most: int, in_states: Iterable[str], mutex: str, refusal: Exception) -> Also:
    """Return work that raises ``refusal`` if more than ``most`` nodes are in one of these states after the write.

    :param mutex: locked while the nodes are counted, so that concurrent writes are counted too.
    """
    counted = sa.select(sa.func.count()).where(NODES.c.provision_state.in_(list(in_states)))

    def count(connection: sa.Connection, _read: Callable[[], Row]) -> None:
        mutexes.lock(connection, mutex)
        if connection.execute(counted).scalar_one() > most:
            raise refusal

    return count


def _fence(node_id: int, token: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [NODES.c.id == node_id]
    if token is not None:
        conditions.append(NODES.c.reservation_token == token)
    return conditions


def _refusal(connection: sa.Connection, node_id: int) -> Exception:
    """Return the error for a fenced write that matched no row."""
    uuid = connection.execute(sa.select(NODES.c.uuid).where(NODES.c.id == node_id)).scalar()
    if uuid is None:
        return exception.NodeNotFound(node=node_id)
    return exception.NodeLockLost(node=uuid)


@retry.on_transient_error
def destroy(node_id: int, token: str | None = None, also: Sequence[Also] = ()) -> None:
    """Delete the node and all records that belong to it; raises as ``update`` does."""
    locked = sa.select(NODES.c.id).where(*_fence(node_id, token)).with_for_update()
    with engine.writer() as connection:
        if also and connection.execute(locked).first():
            nodes.run(also, connection, node_id)
        if connection.execute(sa.delete(NODES).where(*_fence(node_id, token))).rowcount:
            return
        refusal = _refusal(connection, node_id)
    if not (retry.is_repeated() and isinstance(refusal, exception.NodeNotFound)):
        raise refusal


@retry.on_transient_error
def reserve(tag: str, ident: int | str, token: str) -> Row:
    """See ``Node.reserve``.

    :param token: a new secret; the same in all attempts of this call.
    """
    column, value = nodes.known_by(ident)
    given = {"ident": value, "tag": tag, "token": token, "now": _now()}
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
            connection.execute(_RELEASE, _named(node_id, token)).rowcount == 0
            and not retry.is_repeated()
        ):
            raise _refusal(connection, node_id)


@retry.on_transient_error
def check_lock(node_id: int, token: str) -> None:
    """Check that the node's lock has this token; raises as ``update`` does."""
    with engine.reader() as connection:
        held = sa.select(NODES.c.id).where(*_fence(node_id, token))
        if connection.execute(held).first() is None:
            raise _refusal(connection, node_id)


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
        fence = _fence(row["id"], row["reservation_token"])
        statement = sa.update(NODES).where(*fence).values(_UNLOCKED)
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
            "created_at": _now(),
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


def record_heartbeat(node_id: int, agent_token: str, values: Row) -> Row | None:
    """Write the values of a heartbeat, if the token is the node's.

    If the node waits for its agent, its wait timeout starts again.

    :returns: ``provision_state`` and ``maintenance`` after the write; None when the token is not the node's.
    :raises ServiceUnavailable: when the stored token changed during each comparison.
    """
    for _ in range(_TOKEN_TRIES):
        kept = _kept_token(node_id)
        if kept is None or not _is_token(kept, agent_token):
            return None
        told = _record_heartbeat(node_id, kept["agent_secret_token"], values)
        if told is not None:
            return told
    raise exception.ServiceUnavailable(
        err=f"Node {kept['uuid']}: its agent's token is being changed"
    )


@retry.on_transient_error
def _kept_token(node_id: int) -> Any:
    """Return ``uuid`` and the stored ``agent_secret_token``; None when there is no token."""
    statement = sa.select(_c.uuid, _c.agent_secret_token).where(_c.id == node_id)
    with engine.reader() as connection:
        kept = connection.execute(statement).mappings().first()
    return kept if kept and kept["agent_secret_token"] else None


def _is_token(kept: Any, token: str) -> bool:
    plain = str(nodes.guarded.plain(kept, "agent_secret_token"))
    return hmac.compare_digest(plain.encode(), token.encode())


@retry.on_transient_error
def _record_heartbeat(node_id: int, kept: str, values: Row) -> Row | None:
    """Write the values if the stored token is still ``kept``; it changes when it is encrypted again with a new key."""
    now = _now()
    waiting = _c.provision_state.in_(provision_states.names(Kind.WAITING))
    written = (
        sa.update(NODES)
        .where(_c.id == node_id, _c.agent_secret_token == kept)
        .values(
            **values,
            agent_last_heartbeat=now,
            provision_updated_at=sa.case((waiting, now), else_=_c.provision_updated_at),
            **_SAME_REVISION,
        )
    )
    found = sa.select(_c.provision_state, _c.maintenance).where(_c.id == node_id)
    with engine.writer() as connection:
        if connection.execute(written).rowcount == 0:
            return None
        return dict(connection.execute(found).mappings().one())


@retry.on_transient_error
def claim_agent_token(node_id: int, token: str) -> bool:
    """See ``Node.claim_agent_token``.

    :raises NodeNotFound: when there is no such node.
    """
    written = nodes.encrypted(node_id, None, {"agent_secret_token": token})
    statement = (
        sa.update(NODES)
        .where(
            NODES.c.id == node_id,
            NODES.c.agent_secret_token.is_(None),
            NODES.c.target_power_state.is_(None),
        )
        .values(**written, **_SAME_REVISION)
    )
    with engine.writer() as connection:
        connection.execute(statement)
    kept = _kept_token(node_id)
    return kept is not None and _is_token(kept, token)
