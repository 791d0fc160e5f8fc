# SPDX-License-Identifier: Apache-2.0
"""The history of a node: who did what and when, and the errors."""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, redaction
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects import node_journal
from ironic_lite.objects.node_records import NodeHistory

LOG = log.getLogger(__name__)

# Ironic's event types. The operations declare theirs.
CONSOLE = "console"
MONITORING = "monitoring"
TRANSITION = "transition"


def record(task: Task, event_type: str, event: str, error: bool = False) -> None:
    """Write an event to the node's history. A failure to write it is only logged.

    :param task: task of the node; its context has the user.
    """
    if not CONF.conductor.node_history:
        return
    node = task.node
    entry = NodeHistory(task.context, node_id=node.id, **_values(task, event_type, event, error))
    try:
        entry.create()
    except exception.IronicLiteError as exc:
        LOG.warning(
            "Node %s: the event '%s' could not be written to its history: %s",
            node.uuid,
            event_type,
            exc,
        )


def record_with_node(task: Task, event_type: str, event: str, error: bool = False) -> None:
    """Like :func:`record`, but the next save of the node writes the event in its transaction."""
    if CONF.conductor.node_history:
        now = timeutils.utcnow(with_timezone=True)
        values = {"created_at": now, **_values(task, event_type, event, error)}
        task.node.note(node_journal.event(values))


def _values(task: Task, event_type: str, event: str, error: bool) -> dict[str, Any]:
    node, context = task.node, task.context
    return {
        "conductor": current().host,
        "severity": "ERROR" if error else "INFO",
        "event_type": event_type,
        "event": redaction.mask_text(event),
        "user": context.user_id,
        "project": context.project_id,
        "state": node.provision_state,
        "target_provision_state": node.target_provision_state,
        "duration_seconds": _seconds_in_state(node),
    }


def _seconds_in_state(node: Any) -> int | None:
    since = node.provision_updated_at
    if since is None:
        return None
    now = timeutils.utcnow(with_timezone=since.tzinfo is not None)
    return max(0, int((now - since).total_seconds()))
