# SPDX-License-Identifier: Apache-2.0
"""The rows of a node's BIOS settings and firmware components.

The node's driver reads all of them from the server and stores them at once; clients only read them.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.db import belonging, engine, retry
from ironic_lite.db.models import BIOS_SETTINGS, FIRMWARE_COMPONENTS, NODES
from ironic_lite.db.repository import Repository, Row


class NodeItems(Repository):
    """Records of a node that are unique by their name.

    :param key: the column with the name.
    :param first: columns that keep their first value.
    """

    def __init__(self, table: sa.Table, kind: str, key: str, first: frozenset[str] = frozenset()):
        super().__init__(
            table,
            kind,
            known_by=(),
            derived=(belonging.node_uuid(table),),
            filters=belonging.filters(table),
        )
        self.key = key
        self._first = first

    @retry.on_transient_error
    def replace(self, node_id: int, items: Iterable[Row]) -> None:
        """See ``NodeItem.replace``."""
        wanted = {item[self.key]: item for item in items}
        now = timeutils.utcnow(with_timezone=True)
        of_node = self.table.c.node_id == node_id
        with engine.writer() as connection:
            node = sa.select(NODES.c.id).where(NODES.c.id == node_id).with_for_update()
            if connection.execute(node).first() is None:
                raise exception.NodeNotFound(node=node_id)
            present = {
                row[self.key]: dict(row)
                for row in connection.execute(sa.select(self.table).where(of_node)).mappings()
            }
            gone = [row["id"] for name, row in present.items() if name not in wanted]
            connection.execute(sa.delete(self.table).where(self.table.c.id.in_(gone)))
            for name, item in wanted.items():
                if (row := present.get(name)) is None:
                    new = {**item, "node_id": node_id, "created_at": now}
                    written = self.guarded.encrypt(node_id, new)
                    connection.execute(sa.insert(self.table).values(written))
                    continue
                if changed := self._changed(row, item):
                    written = self.guarded.encrypt(node_id, {**row, **changed})
                    connection.execute(
                        sa.update(self.table)
                        .where(self.table.c.id == row["id"])
                        .values({**{c: written[c] for c in changed}, "updated_at": now})
                    )

    def _changed(self, row: Row, item: Row) -> Row:
        """Return the columns to write of an item that the node has already; empty when nothing has changed."""
        if all(self.guarded.plain(row, c) == item[c] for c in item.keys() - self._first):
            return {}
        return {column: value for column, value in item.items() if column not in self._first}


bios_settings = NodeItems(BIOS_SETTINGS, "BIOS setting", "name")
firmware_components = NodeItems(
    FIRMWARE_COMPONENTS,
    "firmware component",
    "component",
    first=frozenset({"initial_version"}),
)
