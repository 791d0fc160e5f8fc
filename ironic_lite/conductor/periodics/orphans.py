# SPDX-License-Identifier: Apache-2.0
"""Nodes whose conductor died: free them, and take up the work where it stopped.

Breaking a dead conductor's locks voids their tokens. Should it only have been paused, nothing that it still does
changes a node. Every conductor breaks locks, but only the new owner by the ring takes up the work.
"""

from collections.abc import Iterable

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, states
from ironic_lite.conductor import flows, identity, power, task_manager
from ironic_lite.conductor.periodics import owned
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

Context = ironic_context.RequestContext


def run(context: Context, trusted: bool) -> None:
    """Look for dead conductors and for work that they left.

    :param trusted: False while our own signs of life have trouble: then the silence of others proves nothing.
    """
    if trusted:
        _release_locks_of_the_dead(context)
    recover(context)


def _release_locks_of_the_dead(context: Context) -> None:
    dead = [host for host in Conductor.offline(context) if host != identity.current().host]
    if not dead:
        return
    freed = Node.release_orphans(context, dead)
    if freed:
        LOG.warning(
            "Released %d locks of the conductors %s, which are offline", len(freed), ", ".join(dead)
        )
        identity.current().ring.reset()
        settle(context, freed)


def settle(context: Context, node_ids: Iterable[int]) -> None:
    """Clear up after changes of power that were cut off.

    :param node_ids: nodes whose locks were broken.
    """
    for node_id in node_ids:
        try:
            with task_manager.acquire(context, node_id, purpose="clearing up", retry=False) as task:
                power.forget_interrupted(task)
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is taken care of", node_id)


def recover(context: Context) -> None:
    """Take up the work on our nodes in a working state that nobody holds.

    Whoever works on a node holds its lock for as long as it is in such a state; so here nobody does.
    """
    filters = {"provision_state_in": sorted(states.WORKING), "reserved": False}
    for row in owned.nodes(context, filters):
        try:
            _recover(context, row["uuid"])
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is taken care of", row["uuid"])
        except exception.TemporaryFailure:
            LOG.info("No worker is free to recover nodes; the next run goes on")
            return


def _recover(context: Context, node_uuid: str) -> None:
    with task_manager.acquire(context, node_uuid, purpose="recovery", retry=False) as task:
        if task.node.provision_state in states.WORKING:
            task.spawn_after(flows.recover, task)
