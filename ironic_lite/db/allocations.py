# SPDX-License-Identifier: Apache-2.0
"""The rows of allocations, and the assignment of nodes to them.

``node_id`` is the allocation's node; that node's ``instance_uuid`` is the allocation's UUID. One transaction writes
both, and the write to the node is fenced by the token of its lock.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from oslo_utils import timeutils
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.db import belonging, engine, retry
from ironic_lite.db.models import ALLOCATIONS, NODES
from ironic_lite.db.models.allocations import ALLOCATING
from ironic_lite.db.repository import CONFINING, Also, Repository, Row

ACTIVE = "active"
ERROR = "error"

allocations = Repository(
    ALLOCATIONS,
    "allocation",
    exception.AllocationNotFound,
    known_by=("uuid", "name"),
    derived=(belonging.node_uuid(ALLOCATIONS),),
    confining=CONFINING | {"owner"},
    filters={
        name: condition
        for name, condition in belonging.filters(ALLOCATIONS).items()
        # The other filters for records of a node are left out: an allocation has an owner of its own.
        if name in ("node_id_in", "node_uuid")
    },
)


@retry.on_transient_error
def take(allocation_id: int, node_id: int, token: str | None) -> Row:
    """Do as ``Allocation.take`` says; return the allocation.

    :param token: the token of the node's lock.
    """
    with engine.writer() as connection:
        allocation = _lock(connection, ALLOCATIONS, allocation_id)
        if allocation is None:
            raise exception.AllocationNotFound(allocation=allocation_id)
        if allocation["node_id"] not in (None, node_id):
            raise exception.AllocationFailed(
                uuid=allocation["uuid"], error="it has got another node already"
            )
        _give(connection, allocation, node_id, token)
        return allocations.one(connection, "id", allocation_id)


def taking(node_id: int, token: str | None) -> Also:
    """Return ``take`` as a part of the allocation's insert, so that no conductor looks for a node for it meanwhile."""

    def also(connection: sa.Connection, read: Callable[[], Row]) -> None:
        _give(connection, read(), node_id, token)

    return also


def _give(connection: sa.Connection, allocation: Row, node_id: int, token: str | None) -> None:
    now = timeutils.utcnow(with_timezone=True)
    node = _free_node(connection, node_id, token, allocation)
    instance: Row = {
        "instance_uuid": allocation["uuid"],
        "instance_info": {**node["instance_info"], "traits": allocation["traits"]},
        "updated_at": now,
    }
    try:
        _write(connection, NODES, node_id, instance)
    except exc.IntegrityError:
        raise exception.InstanceAssociated(
            instance_uuid=allocation["uuid"], node=node["uuid"]
        ) from None
    active: Row = {
        "node_id": node_id,
        "state": ACTIVE,
        "last_error": None,
        "updated_at": now,
    }
    _write(connection, ALLOCATIONS, allocation["id"], active)


def _free_node(connection: sa.Connection, node_id: int, token: str | None, allocation: Row) -> Row:
    node = _lock(connection, NODES, node_id)
    if node is None:
        raise exception.NodeNotFound(node=node_id)
    if token is not None and node["reservation_token"] != token:
        raise exception.NodeLockLost(node=node["uuid"])
    others = ALLOCATIONS.c.node_id == node_id, ALLOCATIONS.c.id != allocation["id"]
    holder = connection.execute(sa.select(ALLOCATIONS.c.uuid).where(*others)).scalar()
    instance = holder or node["instance_uuid"]
    if instance not in (None, allocation["uuid"]):
        raise exception.NodeAssociated(node=node["uuid"], instance=instance)
    return node


def _lock(connection: sa.Connection, table: sa.Table, record_id: int) -> Row | None:
    statement = sa.select(table).where(table.c.id == record_id).with_for_update()
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def _write(connection: sa.Connection, table: sa.Table, record_id: int, values: Row) -> None:
    connection.execute(sa.update(table).where(table.c.id == record_id).values(values))


@retry.on_transient_error
def fail(allocation_id: int, reason: str) -> bool:
    """See ``Allocation.fail``."""
    now = timeutils.utcnow(with_timezone=True)
    waiting = ALLOCATIONS.c.id == allocation_id, ALLOCATIONS.c.state == ALLOCATING
    failed: Row = {"state": ERROR, "last_error": reason, "updated_at": now}
    with engine.writer() as connection:
        statement = sa.update(ALLOCATIONS).where(*waiting).values(failed)
        return bool(connection.execute(statement).rowcount)


@retry.on_transient_error
def destroy(allocation_id: int, also: Sequence[Also] = ()) -> None:
    """Do as ``Allocation.destroy`` says, with further work in the same transaction."""
    with engine.writer() as connection:
        allocation = _lock(connection, ALLOCATIONS, allocation_id)
        if allocation is not None:
            allocations.run(also, connection, allocation_id)
            _free(connection, allocation)
            connection.execute(sa.delete(ALLOCATIONS).where(ALLOCATIONS.c.id == allocation_id))
        elif not retry.is_repeated():
            raise exception.AllocationNotFound(allocation=allocation_id)


def _free(connection: sa.Connection, allocation: Row) -> None:
    node = _lock(connection, NODES, allocation["node_id"]) if allocation["node_id"] else None
    if node is None or node["instance_uuid"] != allocation["uuid"]:
        return
    left = {key: value for key, value in node["instance_info"].items() if key != "traits"}
    now = timeutils.utcnow(with_timezone=True)
    freed: Row = {"instance_uuid": None, "instance_info": left, "updated_at": now}
    _write(connection, NODES, node["id"], freed)
