# SPDX-License-Identifier: Apache-2.0
"""The rows of nodes: reading, writing, and the lock.

A node is locked by ``reservation`` (who, for people) and ``reservation_token`` (for the fence: a write that carries a
token changes the row only while that token stands in it).
"""

import contextlib
import datetime
import uuid as uuid_module
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils, uuidutils
from sqlalchemy import exc

from ironic_lite.common import exception, states
from ironic_lite.db import conductors, engine, errors, node_filters, paging, retry
from ironic_lite.db.models import CONDUCTORS, NODES, PORTS

Row = dict[str, Any]


SECRET_COLUMNS = frozenset({"reservation_token", "agent_secret_token"})
"""Columns that lists neither show nor sort by."""

_DEFAULTS: Row = {
    "provision_state": states.ENROLL,
    "conductor_group": "",
    "maintenance": False,
    "console_enabled": False,
    "disable_power_off": False,
    "protected": False,
    "retired": False,
}


def _now() -> datetime.datetime:
    return timeutils.utcnow(with_timezone=True)


def _known_by(ident: int | str) -> tuple[str, int | str]:
    """The column that holds ``ident``, and what it holds there."""
    if isinstance(ident, int):
        return "id", ident
    if uuidutils.is_uuid_like(ident):
        return "uuid", str(uuid_module.UUID(ident))
    return "name", ident


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool], ident: object) -> Row:
    row = connection.execute(sa.select(NODES).where(condition)).mappings().first()
    if row is None:
        raise exception.NodeNotFound(node=ident)
    return dict(row)


def create(values: Row) -> Row:
    """Insert a node.

    :raises NodeAlreadyExists: for its UUID; ``DuplicateName`` and ``InstanceAssociated`` likewise.
    """
    own = {"uuid": uuidutils.generate_uuid(), "created_at": _now()}
    return _insert({**_DEFAULTS, **own, **values})


@retry.on_transient_error
def _insert(values: Row) -> Row:
    try:
        with engine.writer() as connection:
            connection.execute(sa.insert(NODES).values(values))
            return _one(connection, NODES.c.uuid == values["uuid"], values["uuid"])
    except exc.IntegrityError as error:
        if retry.is_repeated() and (row := _own_insert(values)):
            return row
        raise _translate_violation(error, values, values["uuid"]) from None


def _own_insert(values: Row) -> Row | None:
    """What a former try of this insert committed though its answer was lost."""
    with contextlib.suppress(exception.NodeNotFound):
        row = get(values["uuid"])
        if row["created_at"] == values["created_at"]:
            return row
    return None


def _translate_violation(error: exc.IntegrityError, values: Row, node: object) -> Exception:
    match errors.violated_column(error, "nodes"):
        case "uuid":
            return exception.NodeAlreadyExists(uuid=values.get("uuid"))
        case "name":
            return exception.DuplicateName(name=values.get("name"))
        case "instance_uuid":
            return exception.InstanceAssociated(
                instance_uuid=values.get("instance_uuid"), node=node
            )
    return errors.translate(error)


# The most frequent question of all: built and named in SQLAlchemy's cache once.
_BY = {
    name: sa.select(NODES).where(NODES.c[name] == sa.bindparam("ident"))
    for name in ("id", "uuid", "name")
}


@retry.on_transient_error
def get(ident: int | str) -> Row:
    """The node of this id (an int), UUID or name.

    :raises NodeNotFound:
    """
    return _get(*_known_by(ident))


@retry.on_transient_error
def get_by_name(name: str) -> Row:
    """The node of this name, even where the name looks like a UUID."""
    return _get("name", name)


def _get(column: str, ident: int | str) -> Row:
    with engine.reader() as connection:
        row = connection.execute(_BY[column], {"ident": ident}).mappings().first()
    if row is None:
        raise exception.NodeNotFound(node=ident)
    return dict(row)


@retry.on_transient_error
def get_by_port_addresses(addresses: Iterable[str], node_uuid: str | None = None) -> Row:
    """The one node that has ports with any of these MAC addresses.

    :raises NodeNotFound: when there is none, or more than one.
    """
    macs = [address.lower() for address in addresses]
    owners = sa.select(PORTS.c.node_id).where(PORTS.c.address.in_(macs))
    statement = sa.select(NODES).where(NODES.c.id.in_(owners)).limit(2)
    if node_uuid is not None:
        statement = statement.where(NODES.c.uuid == node_uuid)
    with engine.reader() as connection:
        rows = connection.execute(statement).mappings().all()
    if len(rows) != 1:
        found = "several nodes have" if rows else "no node has"
        raise exception.NodeNotFound(
            f"Node could not be found: {found} ports with the addresses {', '.join(macs) or '(none)'}."
        )
    return dict(rows[0])


@retry.on_transient_error
def rows(
    columns: Iterable[str] | None = None,
    limit: int | None = None,
    marker: str | None = None,
    sort_key: str = "id",
    sort_dir: str = "asc",
    filters: Row | None = None,
    text_moments: bool = False,
) -> list[Row]:
    """A page of nodes, with these columns of each (all when None).

    :param marker: UUID of the node that the page begins behind.
    :param text_moments: dates and times as ISO 8601 text, which costs less.
    :raises NodeNotFound: for the marker.
    :raises InvalidParameterValue: for an unknown column, sort key, direction or filter.
    """
    selected = list(NODES.c) if columns is None else [_column(name) for name in columns]
    names = [column.name for column in selected]
    if text_moments:
        selected = paging.with_text_moments(selected)
    sort_column = paging.sort_column(NODES, sort_key, SECRET_COLUMNS)
    with engine.reader() as connection:
        behind = None
        if marker is not None:
            found = connection.execute(
                sa.select(sort_column, NODES.c.id).where(NODES.c.uuid == marker)
            ).first()
            if found is None:
                raise exception.NodeNotFound(node=marker)
            behind = (found[0], found[1])
        statement = node_filters.apply(sa.select(*selected), filters)
        statement = paging.apply(
            statement, connection.dialect.name, sort_column, sort_dir, limit, behind
        )
        return [dict(zip(names, row, strict=True)) for row in connection.execute(statement)]


def _column(name: str) -> sa.Column[Any]:
    if name not in NODES.c or name in SECRET_COLUMNS:
        raise exception.InvalidParameterValue(err=f"Nodes have no column '{name}'.")
    return NODES.c[name]


@retry.on_transient_error
def update(node_id: int, values: Row, token: str | None = None) -> Row:
    """Write these columns; a new provision state is dated.

    :param token: write only while this is the token of the node's lock.
    :returns: all columns that were written.
    :raises NodeLockLost: it is not; nothing was written.
    :raises NodeNotFound: and what ``create`` raises for what must be unique.
    """
    written = {**values, "updated_at": _now()}
    if "provision_state" in values and "provision_updated_at" not in values:
        written["provision_updated_at"] = written["updated_at"]
    statement = sa.update(NODES).where(*_fence(node_id, token)).values(written)
    try:
        with engine.writer() as connection:
            if connection.execute(statement).rowcount == 0:
                raise _refusal(connection, node_id)
    except exc.IntegrityError as error:
        raise _translate_violation(error, values, values.get("uuid", node_id)) from None
    return written


def _fence(node_id: int, token: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [NODES.c.id == node_id]
    if token is not None:
        conditions.append(NODES.c.reservation_token == token)
    return conditions


def _refusal(connection: sa.Connection, node_id: int) -> Exception:
    """Why a write under the fence met no row."""
    uuid = connection.execute(sa.select(NODES.c.uuid).where(NODES.c.id == node_id)).scalar()
    if uuid is None:
        return exception.NodeNotFound(node=node_id)
    return exception.NodeLockLost(node=uuid)


@retry.on_transient_error
def destroy(node_id: int, token: str | None = None) -> None:
    """Delete the node and its ports; raises as ``update`` does."""
    with engine.writer() as connection:
        if connection.execute(sa.delete(NODES).where(*_fence(node_id, token))).rowcount:
            return
        refusal = _refusal(connection, node_id)
    if not (retry.is_repeated() and isinstance(refusal, exception.NodeNotFound)):
        raise refusal


@retry.on_transient_error
def reserve(tag: str, ident: int | str, token: str) -> Row:
    """Lock the node for ``tag``.

    :param token: a new secret; the same over all tries of this call.
    :raises NodeLocked: when somebody holds the lock.
    :raises NodeNotFound:
    """
    column, value = _known_by(ident)
    condition = NODES.c[column] == value
    statement = (
        sa.update(NODES)
        .where(condition, NODES.c.reservation.is_(None))
        .values(reservation=tag, reservation_token=token)
    )
    with engine.writer() as connection:
        connection.execute(statement)
        row = _one(connection, condition, ident)
    # Not by the number of rows changed: a former try may have been committed though its answer was lost.
    if row["reservation_token"] != token:
        raise exception.NodeLocked(node=row["uuid"], host=row["reservation"])
    return row


@retry.on_transient_error
def release(node_id: int, token: str) -> None:
    """Give the lock back; raises as ``update`` does."""
    statement = (
        sa.update(NODES)
        .where(*_fence(node_id, token))
        .values(reservation=None, reservation_token=None)
    )
    with engine.writer() as connection:
        if connection.execute(statement).rowcount == 0 and not retry.is_repeated():
            raise _refusal(connection, node_id)


@retry.on_transient_error
def check_lock(node_id: int, token: str) -> None:
    """Raise as ``update`` would if it wrote under this token now."""
    with engine.reader() as connection:
        held = sa.select(NODES.c.id).where(*_fence(node_id, token))
        if connection.execute(held).first() is None:
            raise _refusal(connection, node_id)


@retry.on_transient_error
def release_orphans(hostnames: Iterable[str], even_if_alive: bool = False) -> list[int]:
    """Break the locks that these hosts hold now; returns the ids of the nodes.

    A lock that such a host takes in the meantime has another token and stays. So do, unless ``even_if_alive``, the
    locks of a host that has come back to life since the caller saw it dead.
    """
    held = (
        sa.select(NODES.c.id, NODES.c.reservation_token)
        .where(NODES.c.reservation.in_(list(hostnames)))
        .order_by(NODES.c.id)
    )
    alive = sa.select(CONDUCTORS.c.hostname).where(conductors.is_alive())
    freed = []
    with engine.writer() as connection:
        for node_id, token in connection.execute(held).all():
            statement = (
                sa.update(NODES)
                .where(*_fence(node_id, token))
                .values(reservation=None, reservation_token=None)
            )
            if not even_if_alive:
                # Asked after the locks were read: who holds one of them had registered before.
                statement = statement.where(NODES.c.reservation.not_in(alive))
            if connection.execute(statement).rowcount:
                freed.append(node_id)
    return freed


@retry.on_transient_error
def touch_provisioning(node_id: int) -> datetime.datetime:
    """Date the provision state anew."""
    now = _now()
    with engine.writer() as connection:
        statement = sa.update(NODES).where(NODES.c.id == node_id).values(provision_updated_at=now)
        if connection.execute(statement).rowcount == 0:
            raise exception.NodeNotFound(node=node_id)
    return now


@retry.on_transient_error
def record_heartbeat(node_id: int, agent_token: str, values: Row) -> bool:
    """Write what the agent tells, if the token is this node's; False: it is not."""
    statement = (
        sa.update(NODES)
        .where(NODES.c.id == node_id, NODES.c.agent_secret_token == agent_token)
        .values(**values, agent_last_heartbeat=_now())
    )
    with engine.writer() as connection:
        return connection.execute(statement).rowcount == 1


@retry.on_transient_error
def claim_agent_token(node_id: int, token: str) -> bool:
    """Give the node this token if it has none; False: it has another."""
    statement = (
        sa.update(NODES)
        .where(NODES.c.id == node_id, NODES.c.agent_secret_token.is_(None))
        .values(agent_secret_token=token)
    )
    with engine.writer() as connection:
        connection.execute(statement)
        kept = sa.select(NODES.c.agent_secret_token).where(NODES.c.id == node_id)
        return connection.execute(kept).scalar() == token
