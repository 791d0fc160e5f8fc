# SPDX-License-Identifier: Apache-2.0
"""Asking many BMCs at a time, some of which never answer, without the lock of their nodes."""

import threading
import time
from collections.abc import Callable, Iterable

from oslo_log import log

from ironic_lite.common import concurrency, exception, states
from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import identity, task_manager

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
    """Do this with each node that nobody works on, under a shared lock; ends when all are done.

    What goes wrong with one node is logged.

    :param stop: set when the conductor stops; nothing is begun from then on.
    :param workers: how many nodes at one time.
    :param purpose: for the log.
    :param deadline: on the clock ``time.monotonic``; nothing is begun from then on either.
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
            LOG.debug("Node %s is taken care of", node_uuid)
        except Exception:
            LOG.exception("Node %s: %s has failed", node_uuid, purpose)

    pool = concurrency.executor(min(workers, len(wanted)))
    try:
        for future in [pool.submit(one, uuid) for uuid in wanted]:
            future.result()
    finally:
        pool.shutdown(wait=False)


def power_state(task: task_manager.TaskManager) -> str | None:
    """What the BMC says.

    :raises IronicLiteError: when it does not say anything, or that it does not know.
    """
    task.driver.power.validate(task)
    actual: str | None = task.driver.power.get_power_state(task)
    if actual == states.ERROR:
        raise exception.PowerStateFailure("The BMC answers, but not whether the server is on.")
    return actual


def lock(task: task_manager.TaskManager) -> None:
    """Lock the node, unless something else has begun on it since it was read.

    :raises NodeLocked: when it has.
    """
    before = task.node.as_row(["provision_state", "power_state", "maintenance"])
    task.upgrade_lock()
    if task.node.as_row(before) != before:
        raise exception.NodeLocked(node=task.node.uuid, host="another task")
