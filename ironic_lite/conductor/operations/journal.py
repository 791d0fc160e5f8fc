# SPDX-License-Identifier: Apache-2.0
"""Writes a node's journal, and reads it after a crash.

The next save of the node writes the entries, in the same transaction and under the same lock; so a task that has lost
the lock cannot write the journal either. An entry about a start is saved before the work starts.

Entries hold no arguments of steps, and messages are masked.
"""

import contextlib
import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from oslo_utils import timeutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import journal as terms
from ironic_lite.common import metrics, redaction
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects import node_journal
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_journal import NodeJournal

_MAX_SUBJECT = 255

Row = dict[str, Any]


def note(
    task: Task,
    kind: str,
    subject: str | None,
    outcome: str,
    detail: str | None = None,
    seconds: float | None = None,
    conductor: str | None = None,
) -> None:
    """Add an entry, to be saved with the node.

    :param task: with an exclusive lock.
    :param kind: and ``outcome``: constants of :mod:`ironic_lite.common.journal`.
    :param seconds: the time limit of what starts.
    :param conductor: the conductor that did it, if it was not this one.
    """
    _count(kind, subject, outcome)
    entry = _entry(task.node, task.context, kind, subject, outcome, detail, seconds)
    if conductor is not None:
        entry["conductor"] = conductor
    task.node.note(node_journal.entry(entry))


def _count(kind: str, subject: str | None, outcome: str) -> None:
    if kind == terms.OPERATION:
        metrics.ENTRIES.labels(subject, outcome).inc()
    elif kind == terms.STEP:
        # Agents name their own steps.
        metrics.STEPS.labels(metrics.bounded("step", str(subject)), outcome).inc()


def remark(
    context: ironic_context.RequestContext,
    node_id: int,
    kind: str,
    subject: str,
    detail: str,
    quiet: datetime.timedelta = datetime.timedelta(),
) -> None:
    """Write an entry about something that has come, without the node's lock and outside of its operations.

    It writes nothing if the node's last entry of this kind says the same, or is newer than ``quiet``.

    :raises NodeNotFound: when there is no such node.
    """
    node = Node.get(context, node_id)
    last = NodeJournal.rows(context, node.id, limit=1, sort_dir="desc", kinds=[kind])
    detail = redaction.mask_text(detail)
    now = timeutils.utcnow(with_timezone=True)
    for row in last:
        if row["detail"] == detail or timeutils.parse_isotime(row["created_at"]) > now - quiet:
            return
    values = _entry(node, context, kind, subject, terms.ENTERED, detail, None)
    node.note(node_journal.entry({**values, "operation": None}))
    node.save()


def _entry(
    node: Node,
    context: ironic_context.RequestContext,
    kind: str,
    subject: str | None,
    outcome: str,
    detail: str | None,
    seconds: float | None,
) -> Row:
    now = timeutils.utcnow(with_timezone=True)
    return {
        "created_at": now,
        "operation": node.operation,
        "kind": kind,
        # The names of agents' steps may be longer.
        "subject": subject[:_MAX_SUBJECT] if subject else subject,
        "outcome": outcome,
        "detail": redaction.mask_text(detail) if detail else None,
        "state": node.provision_state,
        "until": now + datetime.timedelta(seconds=seconds) if seconds else None,
        "conductor": current().host,
        "user": context.user_id,
        "project": context.project_id,
        "request_id": context.request_id,
    }


def begin(task: Task, name: str, detail: str) -> None:
    """Begin a new operation; later entries belong to it.

    :param detail: the exact request.
    """
    task.node.operation = str(uuid.uuid4())
    _tell_console(task)
    note(task, terms.OPERATION, name, terms.STARTED, detail)


def end(task: Task, name: str, outcome: str, detail: str | None = None) -> None:
    note(task, terms.OPERATION, name, outcome, detail)
    task.node.operation = None
    _tell_console(task)


def _tell_console(task: Task) -> None:
    """Let the log of the console say which operation it prints for; if the save fails, the next check corrects that."""
    consoles = current().consoles
    if consoles is not None:
        consoles.operation(task.node.uuid, task.node.operation)


def of_operation(task: Task) -> list[Row]:
    """Return all entries of the running operation, oldest first."""
    node = task.node
    if node.operation is None:
        return []
    return list(NodeJournal.rows(task.context, node.id, operation=node.operation))


def last(task: Task, kind: str) -> Row | None:
    """Return the newest entry of a kind; None when there is none."""
    found = NodeJournal.rows(task.context, task.node.id, limit=1, sort_dir="desc", kinds=[kind])
    return found[0] if found else None


@contextlib.contextmanager
def ending(task: Task, name: str) -> Iterator[None]:
    """Context manager: end the operation with the save within; an error before the save undoes that."""
    node, operation = task.node, task.node.operation
    before = len(node.noted)
    end(task, name, terms.DONE)
    entry = node.noted[before]
    try:
        yield
    except Exception:
        if entry in node.noted:
            node.noted.remove(entry)
            node.operation = operation
        raise
