# SPDX-License-Identifier: Apache-2.0
"""BIOS settings and firmware components, which a node's driver reads from the server; one record per name."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from ironic_lite.common import exception
from ironic_lite.db import node_items
from ironic_lite.objects import base, record

Row = dict[str, Any]


class NodeItem(record.Listed):
    """Base of both. They are read singly or as a list without a marker, and written all at once."""

    REPOSITORY: ClassVar[node_items.NodeItems]
    MISSING: ClassVar[type[exception.NotFound]]

    @classmethod
    @base.remotable
    def get(cls, context: Any, node_id: int, name: str) -> Self:
        """Return the item of this name.

        :raises BIOSSettingNotFound, FirmwareComponentNotFound: when there is no such item.
        """
        page = cls.REPOSITORY.rows(filters={"node_id": node_id, cls.REPOSITORY.key: name})
        if not page:
            raise cls.MISSING(node=node_id, name=name)
        return cls._from_row(context, page[0])

    @classmethod
    @base.remotable
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """Return all items of a node, sorted by name."""
        page = cls.REPOSITORY.rows(sort_key=cls.REPOSITORY.key, filters={"node_id": node_id})
        return [cls._from_row(context, row) for row in page]

    @classmethod
    @base.remotable
    def replace(cls, context: Any, node_id: int, items: Iterable[Row]) -> None:
        """Replace all items of the node; unchanged items keep their dates.

        :param items: dictionaries of fields.
        :raises NodeNotFound: when there is no such node.
        """
        cls.REPOSITORY.replace(node_id, items)


@base.register
class BIOSSetting(NodeItem):
    """A setting, with its description from the server's attribute registry."""

    REPOSITORY = node_items.bios_settings
    MISSING = exception.BIOSSettingNotFound


@base.register
class FirmwareComponent(NodeItem):
    """A firmware component; ``initial_version`` keeps its first value."""

    REPOSITORY = node_items.firmware_components
    MISSING = exception.FirmwareComponentNotFound
