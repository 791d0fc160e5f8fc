# SPDX-License-Identifier: Apache-2.0
"""The history of a node, and its inspection data."""

from typing import Any, ClassVar, Self

from ironic_lite.db import node_records
from ironic_lite.objects import base
from ironic_lite.objects.record import Record


@base.register
class NodeHistory(Record):
    """An event in a node's history. It is never changed."""

    REPOSITORY = node_records.node_history

    @classmethod
    def prune(cls, context: Any, keep: int, max_age: int = 0) -> int:
        """Delete old records; return their number.

        :param keep: number of newest records that every node keeps.
        :param max_age: seconds after which a record is deleted; 0: no limit.
        """
        return node_records.prune_history(keep, max_age)


class _Inventory(base.IronicLiteObject):
    """The agent's inventory of a node, and the other data that the agent collected."""

    INVENTORIES: ClassVar[node_records.Inventories]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.COLUMNS = dict(cls.INVENTORIES.table.c)

    @classmethod
    @base.remotable
    def get(cls, context: Any, node_id: int) -> Self:
        """Return the inventory of a node.

        :raises NodeInventoryNotFound: when it has none.
        """
        return cls._from_row(context, cls.INVENTORIES.get(node_id))

    @base.remotable
    def create(self) -> None:
        """Store this inventory, and replace the node's earlier one.

        :raises NodeNotFound: when there is no such node.
        """
        values = self.obj_get_changes()
        self._load(
            self.INVENTORIES.store(
                values["node_id"],
                values.get("inventory_data", {}),
                values.get("plugin_data", {}),
            )
        )
        self.obj_reset_changes()

    @base.remotable
    def destroy(self) -> None:
        self.INVENTORIES.destroy(self.node_id)

    @classmethod
    def destroy_along(cls, node: Any) -> None:
        """Forget what was found, in the transaction of the node's next save. Not over RPC."""
        node.along(cls.INVENTORIES.destroying(node.id))


@base.register
class NodeInventory(_Inventory):
    """The data of the last inspection."""

    INVENTORIES = node_records.inventories


@base.register
class ReceivedInventory(_Inventory):
    """The data that the ramdisk of a running inspection has sent. It is deleted when the inspection ends or fails."""

    INVENTORIES = node_records.received

    UNUSABLE = "unusable"
    """Key in ``plugin_data``: why the data cannot be used. The inventory is then empty."""
