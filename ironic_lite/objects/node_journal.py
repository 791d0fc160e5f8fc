# SPDX-License-Identifier: Apache-2.0
"""The journal of a node: the actions of conductors. ``Node.note`` writes entries together with the node."""

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
        """Return a page of entries, JSON-able, in order of time.

        :param marker: id of the entry before the page.
        :param sort_dir: ``asc`` or ``desc``, which begins with the newest entry.
        :param operation: return only entries of this operation.
        :param kinds: return only entries of these kinds.
        :returns: the columns without the node's id; ``last_at`` is when an entry that counts was counted last.
        """
        page = journal.rows(node_id, limit, marker, sort_dir, operation, kinds)
        return [_with_text_moments(row) for row in page]

    @classmethod
    @base.remotable
    def begun(
        cls, context: Any, node_id: int, operations: Iterable[str], before: int
    ) -> Sequence[Row]:
        """Return the entries of these operations before this id that begin something."""
        return [_with_text_moments(row) for row in journal.begun(node_id, operations, before)]

    @classmethod
    @base.remotable
    def note_boot(
        cls, context: Any, node_id: int, subject: str, outcome: str, detail: str | None = None
    ) -> None:
        """Note what a server does when it boots, without the node's lock. If the node is gone, nothing is noted.

        What it does again in the same boot is counted, not repeated, so that the number of entries is bounded.

        :param subject: a stage of ``common.boot_stages``.
        :param detail: at most a few hundred characters, masked.
        """
        journal.note_boot(node_id, subject, outcome, detail)

    @classmethod
    def prune(cls, context: Any, keep_operations: int, keep_entries: int) -> int:
        """Delete old entries; return their number.

        :param keep_operations: number of newest operations that every node keeps, with all entries since the oldest.
        :param keep_entries: number of newest entries that every node keeps at most.
        """
        return journal.prune(keep_operations, keep_entries)


def entry(values: Row) -> journal.Entry:
    """Return an entry of the node's journal, for ``Node.note``, from all columns except the node's id."""
    return journal.Entry(NODE_JOURNAL, values)


def event(values: Row) -> journal.Entry:
    """Return an entry of the node's history, for ``Node.note``, from all columns except the node's id."""
    return journal.Entry(NODE_HISTORY, {"uuid": uuidutils.generate_uuid(), **values})


def _with_text_moments(row: Row) -> Row:
    return {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value
        for name, value in row.items()
    }
