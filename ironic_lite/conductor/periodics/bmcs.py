# SPDX-License-Identifier: Apache-2.0
"""Queries many BMCs at the same time under shared locks; some BMCs never answer."""

import threading
import time
from collections.abc import Callable, Iterable

from oslo_log import log

from ironic_lite.common import concurrency, exception, states
from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.cluster import identity

LOG = log.getLogger(__name__)

Action = Callable[[task_manager.TaskManager], None]


def each(
    context: ironic_context.RequestContext,
    stop: threading.Event,
    node_uuids: Iterable[str],
    workers: int,
    purpose: str,
    action: Action,
    deadline: float | None = None,
) -> None:
    """Call a function with a shared task for each node that is not locked; return when all calls are done.

    An error with one node is logged.

    :param stop: set when the conductor stops; no call starts after that.
    :param workers: how many nodes at the same time.
    :param purpose: purpose of the task, for the log.
    :param deadline: ``time.monotonic()`` value after which no call starts.
    """
    wanted = list(node_uuids)
    if not wanted:
        return
    me = identity.current()

    def one(node_uuid: str) -> None:
        if stop.is_set() or (deadline is not None and time.monotonic() > deadline):
            return
        try:
            with (
                me.active(),
                task_manager.acquire(context, node_uuid, shared=True, purpose=purpose) as task,
            ):
                if task.node.reservation is None:
                    action(task)
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is locked or gone", node_uuid)
        except Exception:
            LOG.exception("Node %s: %s failed", node_uuid, purpose)

    pool = concurrency.executor(min(workers, len(wanted)))
    try:
        for future in [pool.submit(one, uuid) for uuid in wanted]:
            future.result()
    finally:
        pool.shutdown(wait=False)


def power_state(task: task_manager.TaskManager) -> str | None:
    """Return the power state that the BMC reports.

    :raises IronicLiteError: when the BMC does not answer, or does not know the power state.
    """
    task.driver.power.validate(task)
    actual: str | None = task.driver.power.get_power_state(task)
    if actual == states.ERROR:
        raise exception.PowerStateFailure("The BMC answers, but does not report the power state.")
    return actual


def lock(task: task_manager.TaskManager) -> None:
    """Upgrade to an exclusive lock, unless another task has changed the node since it was read.

    :raises NodeLocked: when the node has changed, or is locked.
    """
    before = task.node.as_row(["provision_state", "power_state", "maintenance"])
    task.upgrade_lock()
    if task.node.as_row(before) != before:
        raise exception.NodeLocked(node=task.node.uuid, host="another task")
