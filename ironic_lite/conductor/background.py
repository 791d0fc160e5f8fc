# SPDX-License-Identifier: Apache-2.0
"""Work on a server that a client does not wait for: what becomes of it is recorded on the node."""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction
from ironic_lite.common import journal as terms
from ironic_lite.conductor import history, journal
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

    :param complaint: how ``last_error`` begins when it fails: "Failed to change boot mode to 'uefi'".
    :param event_type: for the node's history; None stands for the node's provision state.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    ours = task.node.operation is None and not task.shared
    if ours:
        # Should this conductor die at it, the next one says so.
        journal.begin(task, _matter(complaint), complaint)
    operation = task.node.operation if ours else None
    task.spawn_after(_run, task, complaint, event_type, function, args, operation)
    if ours:
        task.node.save()


def give_up(task: TaskManager) -> None:
    """Its conductor died at such work, and nobody knows whether it took effect: say so. Runs under the lock."""
    node = task.node
    begun = next((e for e in journal.of_operation(task) if e["kind"] == terms.OPERATION), None)
    what = begun["detail"] if begun else "The operation was cut off"
    node.last_error = (
        f"{what}: the conductor died while it was at it, and whether it took effect is not known. Look, and ask for "
        "it again."
    )
    LOG.error("Node %s: %s", node.uuid, node.last_error)
    history.record_with_node(task, node.provision_state, node.last_error, error=True)
    journal.end(task, begun["subject"] if begun else "", terms.INTERRUPTED, node.last_error)
    node.save()


def _matter(complaint: str) -> str:
    """What was asked for, from what is said when it fails."""
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
        history.record_with_node(
            task, event_type or node.provision_state, node.last_error, error=True
        )
        outcome, detail = terms.FAILED, node.last_error
        node.save()
    # It may have begun another operation.
    if operation is not None and node.operation == operation:
        journal.end(task, _matter(complaint), outcome, detail)
        node.save()
