# SPDX-License-Identifier: Apache-2.0
"""The rows of nodes' journals: written with the node, read for timelines and after a crash."""

import contextlib
import datetime
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from oslo_utils import timeutils
from sqlalchemy import exc

from ironic_lite.common import journal as terms
from ironic_lite.common import states
from ironic_lite.db import engine, retry
from ironic_lite.db.models import NODE_JOURNAL, NODES

Row = dict[str, Any]

_c = NODE_JOURNAL.c

COLUMNS = tuple(column.name for column in _c if column.name not in ("updated_at", "node_id"))
_SHOWN = (*(_c[name] for name in COLUMNS), _c.updated_at.label("last_at"))

_LEAST_PAUSE = datetime.timedelta(seconds=1)
"""What a server does more often while it boots is not written down: anybody on its network can send such requests."""


class Entry(NamedTuple):
    """A row to insert.

    :param table: the table of the journal or of the history.
    :param values: the columns without the node's id; all entries of a table have the same columns.
    """

    table: sa.Table
    values: Row


def write(connection: sa.Connection, node_id: int, entries: Sequence[Entry]) -> None:
    """Insert entries. The caller's transaction is repeated as a whole after a lost connection."""
    if retry.is_repeated() and _is_written(connection, node_id, entries[0]):
        return
    rows: dict[sa.Table, list[Row]] = {}
    for entry in entries:
        rows.setdefault(entry.table, []).append({"node_id": node_id, **entry.values})
    for table, values in rows.items():
        connection.execute(sa.insert(table), values)


def _is_written(connection: sa.Connection, node_id: int, entry: Entry) -> bool:
    """Return whether an earlier attempt was committed although its answer was lost."""
    found = sa.select(entry.table.c.id).where(
        entry.table.c.node_id == node_id,
        entry.table.c.created_at == entry.values["created_at"],
    )
    return connection.execute(found).first() is not None


@retry.on_transient_error
def note_boot(node_id: int, subject: str, outcome: str, detail: str | None) -> None:
    """See ``NodeJournal.note_boot``."""
    now = timeutils.utcnow(with_timezone=True)
    with engine.reader() as connection:
        known = _noted(connection, node_id, subject, outcome)
        of_node = sa.select(NODES.c.operation, NODES.c.provision_state).where(NODES.c.id == node_id)
        node = connection.execute(of_node).first()
    if node is None or (known and now - (known.updated_at or known.created_at) < _LEAST_PAUSE):
        return
    with contextlib.suppress(exc.IntegrityError), engine.writer() as connection:
        if known:
            again = {"times": (known.times or 1) + 1, "updated_at": now, "detail": detail}
            connection.execute(sa.update(NODE_JOURNAL).where(_c.id == known.id).values(**again))
            return
        # If the node was deleted meanwhile, its id violates the foreign key.
        values = {
            "node_id": node_id,
            "created_at": now,
            "operation": node.operation,
            "kind": terms.BOOT,
            "subject": subject,
            "outcome": outcome,
            "detail": detail,
            "state": node.provision_state,
            "times": 1,
        }
        connection.execute(sa.insert(NODE_JOURNAL).values(**values))


def _noted(connection: sa.Connection, node_id: int, subject: str, outcome: str) -> Any:
    """Return the entry of the same kind in the node's present boot, which began at the last power on or reset."""
    begun = (
        sa.select(sa.func.coalesce(sa.func.max(_c.id), 0))
        .where(
            _c.node_id == node_id,
            _c.kind == terms.POWER,
            _c.outcome == terms.STARTED,
            _c.subject.in_(states.BOOTING),
        )
        .scalar_subquery()
    )
    statement = (
        sa.select(_c.id, _c.times, _c.created_at, _c.updated_at)
        .where(
            _c.node_id == node_id,
            _c.id > begun,
            _c.kind == terms.BOOT,
            _c.subject == subject,
            _c.outcome == outcome,
        )
        .order_by(_c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).first()


@retry.on_transient_error
def rows(
    node_id: int,
    limit: int | None = None,
    marker: int | None = None,
    sort_dir: str = "asc",
    operation: str | None = None,
    kinds: Iterable[str] | None = None,
) -> list[Row]:
    """See ``NodeJournal.rows``."""
    statement = sa.select(*_SHOWN).where(_c.node_id == node_id)
    if marker is not None:
        statement = statement.where(_c.id > marker if sort_dir == "asc" else _c.id < marker)
    if operation is not None:
        statement = statement.where(_c.operation == operation)
    if kinds is not None:
        statement = statement.where(_c.kind.in_(list(kinds)))
    statement = statement.order_by(_c.id if sort_dir == "asc" else _c.id.desc()).limit(limit)
    with engine.reader() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


@retry.on_transient_error
def begun(node_id: int, operations: Iterable[str], before: int) -> list[Row]:
    """See ``NodeJournal.begun``."""
    statement = (
        sa.select(_c.id, _c.created_at, _c.operation, _c.kind, _c.subject)
        .where(
            _c.node_id == node_id,
            _c.id < before,
            _c.operation.in_(list(operations)),
            _c.outcome.in_(terms.BEGINNINGS),
        )
        .order_by(_c.id)
    )
    with engine.reader() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


@retry.on_transient_error
def prune(keep_operations: int, keep_entries: int) -> int:
    """See ``NodeJournal.prune``."""
    too_many = (
        sa.select(_c.node_id)
        .group_by(_c.node_id)
        .having(
            sa.or_(
                sa.func.count() > keep_entries,
                sa.func.count(_c.operation.distinct()) > keep_operations,
            )
        )
    )
    deleted = 0
    with engine.reader() as connection:
        crowded = connection.execute(too_many).scalars().all()
    for node_id in crowded:
        with engine.writer() as connection:
            first = max(
                _oldest_kept_operation(connection, node_id, keep_operations),
                _oldest_kept_entry(connection, node_id, keep_entries),
            )
            surplus = sa.delete(NODE_JOURNAL).where(_c.node_id == node_id, _c.id < first)
            deleted += connection.execute(surplus).rowcount
    return deleted


def _oldest_kept_operation(connection: sa.Connection, node_id: int, keep: int) -> int:
    """Return the id of the first entry of the oldest operation to keep; 0 keeps all."""
    began = sa.func.min(_c.id)
    statement = (
        sa.select(began)
        .where(_c.node_id == node_id, _c.operation.is_not(None))
        .group_by(_c.operation)
        .order_by(began.desc())
    )
    firsts = connection.execute(statement.limit(keep)).scalars().all()
    return firsts[-1] if len(firsts) == keep else 0


def _oldest_kept_entry(connection: sa.Connection, node_id: int, keep: int) -> int:
    """Return the id of the oldest entry to keep; 0 keeps all."""
    statement = (
        sa.select(_c.id)
        .where(_c.node_id == node_id)
        .order_by(_c.id.desc())
        .offset(keep - 1)
        .limit(1)
    )
    return connection.execute(statement).scalar() or 0
