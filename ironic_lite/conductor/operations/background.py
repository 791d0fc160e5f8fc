# SPDX-License-Identifier: Apache-2.0
"""Work on a server that no client waits for; its result is recorded on the node."""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction
from ironic_lite.common import journal as terms
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)

_LONGEST_NAME = 255


def start(
    task: TaskManager,
    complaint: str,
    event_type: str | None,
    function: Callable[..., Any],
    *args: Any,
) -> None:
    """Run ``function(task, *args)`` on the worker pool, under the task's lock.

    :param complaint: beginning of ``last_error`` if it fails, such as "Failed to change boot mode to 'uefi'".
    :param event_type: event type for the node's history; None: by the node's provision state.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    ours = task.node.operation is None and not task.shared
    if ours:
        # If this conductor dies meanwhile, the next one reports it with this entry.
        journal.begin(task, _subject(complaint), "requested")
    operation = task.node.operation if ours else None
    task.spawn_after(_run, task, complaint, event_type, function, args, operation)
    if ours:
        task.node.save()


def give_up(task: TaskManager) -> None:
    """Record that the conductor died during such work, with an unknown result. The caller holds the lock."""
    node = task.node
    begun = next((e for e in journal.of_operation(task) if e["kind"] == terms.OPERATION), None)
    subject = begun["subject"] if begun else ""
    what = f"{subject[:1].upper()}{subject[1:]}" or "The operation was interrupted"
    node.last_error = (
        f"{what}: the conductor died during the operation, and its result is unknown. Check the server, and repeat the "
        "request if necessary."
    )
    LOG.error("Node %s: %s", node.uuid, node.last_error)
    node_history.record_with_node(task, node.provision_state, node.last_error, error=True)
    journal.end(task, subject, terms.INTERRUPTED, node.last_error)
    node.save()


def _subject(complaint: str) -> str:
    """Derive the name of the request from the message for its failure."""
    text = complaint.removeprefix("Failed to ").removeprefix("Could not ")
    return text.removesuffix(" failed")[:_LONGEST_NAME]


def _run(
    task: TaskManager,
    complaint: str,
    event_type: str | None,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    operation: str | None,
) -> None:
    node = task.node
    outcome, detail = terms.DONE, None
    try:
        function(task, *args)
    except exception.WorkCutOff:
        raise
    except Exception as exc:
        if not isinstance(exc, exception.IronicLiteError):
            LOG.exception("Node %s: unexpected error", node.uuid)
        cause = redaction.mask_text(str(exc)) or type(exc).__name__
        node.last_error = f"{complaint}: {cause}"
        LOG.error("Node %s: %s", node.uuid, node.last_error)
        node_history.record_with_node(
            task, event_type or node.provision_state, node.last_error, error=True
        )
        outcome, detail = terms.FAILED, node.last_error
        node.save()
    # The function may have started another operation.
    if operation is not None and node.operation == operation:
        journal.end(task, _subject(complaint), outcome, detail)
        node.save()
