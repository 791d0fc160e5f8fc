# SPDX-License-Identifier: Apache-2.0
"""Nodes whose conductor died: free them, and take up the work where it stopped.

Breaking a dead conductor's locks voids their tokens. Should it only have been paused, nothing that it still does
changes a node. Every conductor breaks locks, but only the new owner by the ring takes up the work.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import flows, identity, task_manager
from ironic_lite.conductor.periodics import agents, owned, unserved
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

MOST_NAMES = 20
"""Nodes that one line of the log names."""

Context = ironic_context.RequestContext


def run(context: Context, trusted: bool) -> None:
    """Look for dead conductors and for work that they left.

    :param trusted: False while our own signs of life have trouble: then the silence of others proves nothing.
    """
    # Who owns what has to be as fresh as what is known about the dead.
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
        tell(freed, "which is offline")


def _release_mislaid_locks(context: Context) -> None:
    """Give back what could not be given back when its task ended: the database did not answer for too long."""
    me = identity.current()
    freed = Node.release_mislaid(context, me.host, me.incarnation, me.locks.__contains__)
    tell(freed, "which no task of its holds")


def tell(freed: Iterable[dict[str, Any]], why: str) -> None:
    """Log whose locks on which nodes were broken.

    :param freed: what ``Node.release_orphans`` returned.
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for row in freed:
        by_host[row["reservation"]].append(row["uuid"])
    for host, uuids in by_host.items():
        names = ", ".join(uuids[:MOST_NAMES])
        more = f" and {len(uuids) - MOST_NAMES} more" if len(uuids) > MOST_NAMES else ""
        LOG.warning("Released %d locks of %s, %s: %s%s", len(uuids), host, why, names, more)


def recover(context: Context) -> None:
    """Take up what was left off on our nodes.

    Whoever works on a node holds its lock for as long as something is unfinished; so here nobody does.
    """
    for row in owned.nodes(context, {"left_off": True}):
        try:
            take_up(context, row["uuid"])
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is taken care of", row["uuid"])
        except exception.TemporaryFailure:
            LOG.info("No worker is free to recover nodes; the next run goes on")
            return
        except exception.IronicLiteError as exc:
            LOG.error("Node %s cannot be taken up, trying again: %s", row["uuid"], exc.message)


def take_up(context: Context, node_uuid: str) -> None:
    """Go on with what was left off on one node, on the worker pool.

    :raises NodeLocked, NodeNotFound: when somebody else does, or it is gone.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    with task_manager.acquire(context, node_uuid, purpose="recovery", retry=False) as task:
        if flows.is_left_off(task.node) or flows.inspect.has_data(task):
            task.spawn_after(flows.recover, task)
