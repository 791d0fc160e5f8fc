# SPDX-License-Identifier: Apache-2.0
"""What happened to a node, for those who ask later: who did what, when, and what went wrong."""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, redaction
from ironic_lite.conductor.identity import current
from ironic_lite.conf import CONF
from ironic_lite.objects.node_records import NodeHistory

LOG = log.getLogger(__name__)

# Types of events, as Ironic calls them.
ADOPTION = "adoption"
CLEANING = "cleaning"
CONSOLE = "console"
DEPLOYING = "deploying"
INTROSPECTION = "introspection"
MONITORING = "monitoring"
RESCUE = "rescue"
SERVICING = "servicing"
TRANSITION = "transition"
UNPROVISION = "unprovision"
VERIFY = "verify"

_MAX_TEXT = 8000


def record(task: Any, event_type: str, event: str, error: bool = False) -> None:
    """Write down an event. Failing to do so is logged, and stops nothing.

    :param task: whose node it happened to, and on whose request.
    """
    if not CONF.conductor.node_history:
        return
    node, context = task.node, task.context
    entry = NodeHistory(
        context,
        node_id=node.id,
        conductor=current().host,
        severity="ERROR" if error else "INFO",
        event_type=event_type,
        event=redaction.mask_text(event)[:_MAX_TEXT],
        user=context.user_id,
        project=context.project_id,
        state=node.provision_state,
        target_provision_state=node.target_provision_state,
        duration_seconds=_seconds_in_state(node),
    )
    try:
        entry.create()
    except exception.IronicLiteError as exc:
        LOG.warning("Node %s: its history lacks '%s': %s", node.uuid, event_type, exc)


def _seconds_in_state(node: Any) -> int | None:
    since = node.provision_updated_at
    if since is None:
        return None
    now = timeutils.utcnow(with_timezone=since.tzinfo is not None)
    return max(0, int((now - since).total_seconds()))
