# SPDX-License-Identifier: Apache-2.0
"""Nodes whose conductor died: break their locks, and resume their operations where they stopped.

Breaking a dead conductor's locks voids their tokens, so a conductor that was only paused cannot change these nodes any
more. Every conductor breaks locks, but only the new owner by the hash ring resumes the operations.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import agents, owned, unserved
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

MOST_NAMES = 20
"""Number of nodes that one log line names."""

Context = ironic_context.RequestContext


def run(context: Context, trusted: bool) -> None:
    """Look for dead conductors and for operations that they left unfinished.

    :param trusted: False while this conductor's own keepalives fail; it then cannot judge other conductors.
    """
    # Read the hash ring again, so that it is as fresh as the list of dead conductors.
    identity.current().ring.reset()
    if trusted:
        _release_locks_of_the_dead(context)
    _release_mislaid_locks(context)
    recover(context)
    agents.attend(context)
    unserved.report(context)


def _release_locks_of_the_dead(context: Context) -> None:
    me = identity.current()
    dead = [host for host in Conductor.offline(context) if host != me.host]
    if not dead:
        return
    freed = Node.release_orphans(context, dead, by=me.host)
    if freed:
        log_broken_locks(freed, "which is offline")


def _release_mislaid_locks(context: Context) -> None:
    """Release locks that a task of this conductor could not release at its end, because the database was away."""
    me = identity.current()
    freed = Node.release_mislaid(context, me.host, me.incarnation, me.locks.__contains__)
    log_broken_locks(freed, "none of whose tasks holds them")


def log_broken_locks(freed: Iterable[dict[str, Any]], why: str) -> None:
    """Log which conductor's locks on which nodes were broken.

    :param freed: the rows that ``Node.release_orphans`` returned.
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for row in freed:
        by_host[row["reservation"]].append(row["uuid"])
    for host, uuids in by_host.items():
        names = ", ".join(uuids[:MOST_NAMES])
        more = f" and {len(uuids) - MOST_NAMES} more" if len(uuids) > MOST_NAMES else ""
        LOG.warning(
            "Released %d locks of conductor %s, %s: %s%s", len(uuids), host, why, names, more
        )


def recover(context: Context) -> None:
    """Resume the unfinished operations on our nodes.

    Whoever works on a node holds its lock until everything is finished, so nobody works on these unlocked nodes.
    """
    owned.each(
        context,
        "resuming its operation",
        lambda row: take_up(context, row["uuid"]),
        {"unattended": True},
    )


def take_up(context: Context, node_id: int | str) -> None:
    """Resume the unfinished operation of one node on the worker pool.

    :raises NodeLocked, NodeNotFound: when another task has it locked, or it is gone.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    with task_manager.acquire(context, node_id, purpose="recovery", retry=False) as task:
        if flows.needs_conductor(task.node) or flows.awaited_data_is_saved(task):
            task.spawn_after(flows.recover, task)
