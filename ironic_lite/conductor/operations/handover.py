# SPDX-License-Identifier: Apache-2.0
"""Gives operations to another conductor when this one stops.

At the next boundary between two steps the flow leaves the node in its working state, with its position on record, and
releases it. Then this conductor tells the node's new owner on the hash ring to resume the operation. If there is none
or it cannot be reached, the conductor that becomes the owner finds the node: see ``periodics.orphans``.
"""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.conductor import rpcapi
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.cluster.ring import Placed
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)


def is_due() -> bool:
    return current().stopping.is_set()


def leave(task: TaskManager, what: str) -> None:
    """Record that this conductor leaves the operation, and tell the new owner once the lock is released.

    :param what: name of the operation.
    """
    LOG.info("Node %s: handing over its %s, because this conductor stops", task.node.uuid, what)
    journal.note(task, terms.HAND_OVER, current().host, terms.DONE)
    task.node.save()
    task.when_released(tell_owner, task.node)


def tell_owner(node: Placed) -> None:
    """Tell the node's owner to resume its operation, without waiting for an answer."""
    me = current()
    try:
        # A new client reads the hash ring again, which this conductor has just left.
        peers = rpcapi.ConductorAPI()
        host = peers.get_conductor_for(node)
        if host != me.host:
            peers.named(host).take_up(ironic_context.admin_context(), node.uuid)
    except exception.NoValidHost:
        LOG.info("Node %s: no other conductor can resume its operation now", node.uuid)
    except Exception:
        LOG.exception(
            "Node %s: its owner could not be told to resume the operation, and will find the node itself",
            node.uuid,
        )
