# SPDX-License-Identifier: Apache-2.0
"""Writing the journal of a node, and reading it after a crash.

An entry is written by the next save of the node, in one transaction with what it is about and fenced by the same lock:
who has lost the node cannot write its journal either. What is said to start is saved before it starts.

Arguments of steps never get in, and messages are masked.
"""

import contextlib
import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from oslo_utils import timeutils

from ironic_lite.common import journal as terms
from ironic_lite.common import redaction
from ironic_lite.conductor.identity import current
from ironic_lite.objects import node_journal
from ironic_lite.objects.node_journal import NodeJournal

_MAX_SUBJECT = 255

Row = dict[str, Any]


def note(
    task: Any,
    kind: str,
    subject: str | None,
    outcome: str,
    detail: str | None = None,
    seconds: float | None = None,
) -> None:
    """Add an entry, to be saved with the node.

    :param task: holds the node exclusively.
    :param kind: and ``outcome``: words of :mod:`ironic_lite.common.journal`.
    :param seconds: how long what starts may take.
    """
    node, context = task.node, task.context
    now = timeutils.utcnow(with_timezone=True)
    values = {
        "created_at": now,
        "operation": node.operation,
        "kind": kind,
        # Steps of agents are called as their authors like.
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
    node.note(node_journal.entry(values))


def begin(task: Any, name: str, detail: str) -> None:
    """A new operation begins; what is noted from now on belongs to it.

    :param detail: what exactly was asked for.
    """
    task.node.operation = str(uuid.uuid4())
    note(task, terms.OPERATION, name, terms.STARTED, detail)


def end(task: Any, name: str, outcome: str, detail: str | None = None) -> None:
    """The operation has ended."""
    note(task, terms.OPERATION, name, outcome, detail)
    task.node.operation = None


def of_operation(task: Any) -> list[Row]:
    """All entries of the operation that runs, oldest first."""
    node = task.node
    if node.operation is None:
        return []
    return list(NodeJournal.rows(task.context, node.id, operation=node.operation))


def last(task: Any, kind: str) -> Row | None:
    """The newest entry of one kind."""
    found = NodeJournal.rows(task.context, task.node.id, limit=1, sort_dir="desc", kinds=[kind])
    return found[0] if found else None


@contextlib.contextmanager
def ending(task: Any, name: str) -> Iterator[None]:
    """The operation ends well with what is saved in here; an error before that takes it back."""
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
