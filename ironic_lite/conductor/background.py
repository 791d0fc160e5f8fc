# SPDX-License-Identifier: Apache-2.0
"""Work on a server that a client does not wait for: what becomes of it is recorded on the node."""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction
from ironic_lite.conductor import history
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)


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
    task.spawn_after(_run, task, complaint, event_type, function, args)


def _run(
    task: TaskManager,
    complaint: str,
    event_type: str | None,
    function: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    node = task.node
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
        history.record(task, event_type or node.provision_state, node.last_error, error=True)
        node.save()
