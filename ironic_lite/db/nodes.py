# SPDX-License-Identifier: Apache-2.0
"""The rows of nodes: reading and writing. ``node_locks`` has their locks, ``node_agents`` what their agents write."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.db import engine, errors, journal, mutexes, retry
from ironic_lite.db.models import ALLOCATIONS, CHASSIS, NODES
from ironic_lite.db.models.base import new_revision
from ironic_lite.db.node_filters import FILTERS, node_traits
from ironic_lite.db.repository import Also, Repository

Row = dict[str, Any]


SAME_REVISION = {"revision": NODES.c.revision}
"""Locks and heartbeats keep the revision, because a client that edits the node need not see them."""

# These statements run so often that building them each time would be a tenth of the work. The columns that they do not
# name are written from the parameters.
_THIS_ONE = NODES.c.id == sa.bindparam("the_node")
_UNDER_THIS_LOCK = NODES.c.reservation_token == sa.bindparam("the_token")
_UPDATE = sa.update(NODES).where(_THIS_ONE)
UPDATE_FENCED = _UPDATE.where(_UNDER_THIS_LOCK)


def named(node_id: int, token: str | None) -> Row:
    """Return the parameters of these statements' conditions."""
    given: Row = {"the_node": node_id}
    return given if token is None else {**given, "the_token": token}


class _Nodes(Repository):
    def translate_violation(self, error: exc.IntegrityError, values: Row) -> Exception:
        if errors.violated_columns(error, NODES.name) == "instance_uuid":
            return exception.InstanceAssociated(
                instance_uuid=values["instance_uuid"], node=values["uuid"]
            )
        return super().translate_violation(error, values)


nodes = _Nodes(
    NODES,
    "node",
    exception.NodeNotFound,
    known_by=("uuid", "name"),
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


@retry.on_transient_error
def get_by_name(name: str) -> Row:
    """See ``Node.get_by_name``."""
    with engine.reader() as connection:
        return nodes.one(connection, "name", name)


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
    written = (
        {**kept, "updated_at": timeutils.utcnow(with_timezone=True), "revision": new_revision()}
        if values
        else {}
    )
    if "provision_state" in values and "provision_updated_at" not in values:
        written["provision_updated_at"] = written["updated_at"]
    statement = _UPDATE if token is None else UPDATE_FENCED
    if not written:
        statement = statement.values(SAME_REVISION)
    try:
        with engine.writer() as connection:
            given = {**written, **named(node_id, token)}
            if connection.execute(statement, given).rowcount == 0:
                raise refused_write(connection, node_id)
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


def fence(node_id: int, token: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [NODES.c.id == node_id]
    if token is not None:
        conditions.append(NODES.c.reservation_token == token)
    return conditions


def refused_write(connection: sa.Connection, node_id: int) -> Exception:
    """Return the error for a fenced write that matched no row."""
    uuid = connection.execute(sa.select(NODES.c.uuid).where(NODES.c.id == node_id)).scalar()
    if uuid is None:
        return exception.NodeNotFound(node=node_id)
    return exception.NodeLockLost(node=uuid)


@retry.on_transient_error
def destroy(node_id: int, token: str | None = None, also: Sequence[Also] = ()) -> None:
    """Delete the node and all records that belong to it; raises as ``update`` does."""
    locked = sa.select(NODES.c.id).where(*fence(node_id, token)).with_for_update()
    with engine.writer() as connection:
        if also and connection.execute(locked).first():
            nodes.run(also, connection, node_id)
        if connection.execute(sa.delete(NODES).where(*fence(node_id, token))).rowcount:
            return
        problem = refused_write(connection, node_id)
    if not (retry.is_repeated() and isinstance(problem, exception.NodeNotFound)):
        raise problem
