# SPDX-License-Identifier: Apache-2.0
"""The rows of nodes' history, and of their inspection data."""

from collections.abc import Callable

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.db import belonging, engine, retry
from ironic_lite.db.encryption.rows import Guarded
from ironic_lite.db.models import NODE_HISTORY, NODE_INVENTORY, NODES, RECEIVED_INVENTORY
from ironic_lite.db.repository import Also, Repository, Row
from ironic_lite.db.types import server_time_ago

node_history = Repository(
    NODE_HISTORY,
    "node history record",
    derived=(belonging.node_uuid(NODE_HISTORY),),
    filters=belonging.filters(NODE_HISTORY),
)


@retry.on_transient_error
def prune_history(keep: int, max_age: int) -> int:
    """See ``NodeHistory.prune``."""
    columns = NODE_HISTORY.c
    too_many = sa.select(columns.node_id).group_by(columns.node_id).having(sa.func.count() > keep)
    deleted = 0
    with engine.writer() as connection:
        if max_age:
            too_old = columns.created_at < server_time_ago(max_age)
            deleted += connection.execute(sa.delete(NODE_HISTORY).where(too_old)).rowcount
        for node_id in connection.execute(too_many).scalars().all():
            of_node = columns.node_id == node_id
            newest_gone = (
                sa.select(columns.id)
                .where(of_node)
                .order_by(columns.id.desc())
                .offset(keep)
                .limit(1)
            )
            last = connection.execute(newest_gone).scalar()
            surplus = sa.delete(NODE_HISTORY).where(of_node, columns.id <= last)
            deleted += connection.execute(surplus).rowcount
    return deleted


class Inventories:
    """A table with at most one inventory per node."""

    def __init__(self, table: sa.Table):
        self.table = table
        self._guarded = Guarded(table)

    @retry.on_transient_error
    def get(self, node_id: int) -> Row:
        """Return the node's inventory.

        :raises NodeInventoryNotFound: when it has none.
        """
        statement = sa.select(self.table).where(self.table.c.node_id == node_id)
        with engine.reader() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise exception.NodeInventoryNotFound(node=node_id)
        return self._guarded.decrypt(dict(row))

    @retry.on_transient_error
    def store(self, node_id: int, inventory_data: Row, plugin_data: Row) -> Row:
        """Store an inventory, and replace the earlier one.

        :raises NodeNotFound: when there is no such node.
        """
        of_node = self.table.c.node_id == node_id
        plain = {
            "node_id": node_id,
            "inventory_data": inventory_data,
            "plugin_data": plugin_data,
            "created_at": timeutils.utcnow(with_timezone=True),
        }
        values = self._guarded.encrypt(node_id, plain)
        with engine.writer() as connection:
            node = sa.select(NODES.c.id).where(NODES.c.id == node_id).with_for_update()
            if connection.execute(node).first() is None:
                raise exception.NodeNotFound(node=node_id)
            connection.execute(sa.delete(self.table).where(of_node))
            connection.execute(sa.insert(self.table).values(values))
            statement = sa.select(self.table).where(of_node)
            return {**connection.execute(statement).mappings().one(), **plain}

    @retry.on_transient_error
    def destroy(self, node_id: int) -> None:
        """Delete the node's inventory, if there is one."""
        with engine.writer() as connection:
            connection.execute(sa.delete(self.table).where(self.table.c.node_id == node_id))

    def destroying(self, node_id: int) -> Also:
        """``destroy`` as a part of another write."""
        deletion = sa.delete(self.table).where(self.table.c.node_id == node_id)

        def also(connection: sa.Connection, _read: Callable[[], Row]) -> None:
            connection.execute(deletion)

        return also


inventories = Inventories(NODE_INVENTORY)
"""The data of the last inspections."""

received = Inventories(RECEIVED_INVENTORY)
"""The data that the ramdisks of running inspections have sent."""
