# SPDX-License-Identifier: Apache-2.0
"""What conductors did to a node. Entries are written by ``Node.note``, together with the node."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from oslo_utils import uuidutils

from ironic_lite.db import journal
from ironic_lite.db.models import NODE_HISTORY, NODE_JOURNAL
from ironic_lite.objects import base, fields

Row = dict[str, Any]


@base.register
class NodeJournal(base.IronicLiteObject):
    """The journal of a node; its entries are plain dictionaries."""

    fields = {"node_id": fields.IntegerField()}

    @classmethod
    @base.remotable
    def rows(
        cls,
        context: Any,
        node_id: int,
        limit: int | None = None,
        marker: int | None = None,
        sort_dir: str = "asc",
        operation: str | None = None,
        kinds: Iterable[str] | None = None,
    ) -> Sequence[Row]:
        """A page of entries, JSON-able.

        :param marker: id of the entry that the page begins behind.
        :param sort_dir: ``desc`` begins with the newest.
        :param operation: only those of this operation.
        :param kinds: only those of these kinds.
        """
        page = journal.rows(node_id, limit, marker, sort_dir, operation, kinds)
        return [_with_text_moments(row) for row in page]

    @classmethod
    @base.remotable
    def begun(
        cls, context: Any, node_id: int, operations: Iterable[str], before: int
    ) -> Sequence[Row]:
        """What began in these operations before the entry with this id."""
        return [_with_text_moments(row) for row in journal.begun(node_id, operations, before)]

    @classmethod
    def prune(cls, context: Any, keep_operations: int, keep_entries: int) -> int:
        """Delete what is too much; returns how many entries that were.

        :param keep_operations: newest operations that every node keeps, with all that came after the oldest of them.
        :param keep_entries: newest entries that every node keeps at most.
        """
        return journal.prune(keep_operations, keep_entries)


def entry(values: Row) -> journal.Entry:
    """What ``Node.note`` takes for an entry of the journal: all columns but the node's."""
    return journal.Entry(NODE_JOURNAL, values)


def event(values: Row) -> journal.Entry:
    """What ``Node.note`` takes for an entry of the node's history: all columns but the node's."""
    return journal.Entry(NODE_HISTORY, {"uuid": uuidutils.generate_uuid(), **values})


def _with_text_moments(row: Row) -> Row:
    return {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value
        for name, value in row.items()
    }
