# SPDX-License-Identifier: Apache-2.0
"""What happened to a node, and what its last inspection found."""

from typing import Any, Self

from ironic_lite.db import node_records
from ironic_lite.objects import base, fields
from ironic_lite.objects.record import Record


@base.register
class NodeHistory(Record):
    """An event in a node's life. Written once, never changed."""

    VERSION = "1.0"
    UNCHANGEABLE = Record.UNCHANGEABLE | {"node_id", "node_uuid"}
    REPOSITORY = node_records.node_history

    fields = {
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
        "conductor": fields.StringField(nullable=True),
        "severity": fields.StringField(nullable=True),
        "event_type": fields.StringField(nullable=True),
        "event": fields.StringField(nullable=True),
        "user": fields.StringField(nullable=True),
        "project": fields.StringField(nullable=True),
        "state": fields.StringField(nullable=True),
        "target_provision_state": fields.StringField(nullable=True),
        "duration_seconds": fields.IntegerField(nullable=True),
    }

    @classmethod
    def prune(cls, context: Any, keep: int, max_age: int = 0) -> int:
        """Delete what is too much or too old; returns how many records that were.

        :param keep: newest records that every node keeps.
        :param max_age: seconds; 0 for any.
        """
        return node_records.prune_history(keep, max_age)


@base.register
class NodeInventory(base.IronicLiteObject):
    """What the last inspection found: the agent's inventory, and what else it collected."""

    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "node_id": fields.IntegerField(),
        "inventory_data": fields.FlexibleDictField(nullable=True),
        "plugin_data": fields.FlexibleDictField(nullable=True),
    }

    @classmethod
    @base.remotable
    def get(cls, context: Any, node_id: int) -> Self:
        """The inventory of a node.

        :raises NodeInventoryNotFound:
        """
        return cls._from_row(context, node_records.get_inventory(node_id))

    @base.remotable
    def create(self) -> None:
        """Keep this in place of what was kept for the node before.

        :raises NodeNotFound:
        """
        values = self.obj_get_changes()
        self._load(
            node_records.store_inventory(
                values["node_id"],
                values.get("inventory_data", {}),
                values.get("plugin_data", {}),
            )
        )
        self.obj_reset_changes()

    @base.remotable
    def destroy(self) -> None:
        """Forget what was found."""
        node_records.destroy_inventory(self.node_id)
