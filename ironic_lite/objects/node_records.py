# SPDX-License-Identifier: Apache-2.0
"""What happened to a node, and what its last inspection found."""

from typing import Any, ClassVar, Self

from ironic_lite.db import node_records
from ironic_lite.objects import base
from ironic_lite.objects.record import Record


@base.register
class NodeHistory(Record):
    """An event in a node's life. Written once, never changed."""

    REPOSITORY = node_records.node_history

    @classmethod
    def prune(cls, context: Any, keep: int, max_age: int = 0) -> int:
        """Delete what is too much or too old; returns how many records that were.

        :param keep: newest records that every node keeps.
        :param max_age: seconds; 0 for any.
        """
        return node_records.prune_history(keep, max_age)


class _Inventory(base.IronicLiteObject):
    """The agent's inventory of a node, and what else it collected."""

    INVENTORIES: ClassVar[node_records.Inventories]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.COLUMNS = dict(cls.INVENTORIES.table.c)

    @classmethod
    @base.remotable
    def get(cls, context: Any, node_id: int) -> Self:
        """The inventory of a node.

        :raises NodeInventoryNotFound:
        """
        return cls._from_row(context, cls.INVENTORIES.get(node_id))

    @base.remotable
    def create(self) -> None:
        """Keep this in place of what was kept for the node before.

        :raises NodeNotFound:
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
        """Forget what was found."""
        self.INVENTORIES.destroy(self.node_id)

    @classmethod
    def destroy_along(cls, node: Any) -> None:
        """Forget what was found, in the transaction of the node's next save. Not over RPC."""
        node.along(cls.INVENTORIES.destroying(node.id))


@base.register
class NodeInventory(_Inventory):
    """What the last inspection found."""

    INVENTORIES = node_records.inventories


@base.register
class ReceivedInventory(_Inventory):
    """What the ramdisk of a running inspection has sent. It is gone when the inspection ends, well or badly."""

    INVENTORIES = node_records.received

    UNUSABLE = "unusable"
    """Key in ``plugin_data``: why nothing of it can be used. There is no inventory then."""
