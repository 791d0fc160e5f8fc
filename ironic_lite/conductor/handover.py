# SPDX-License-Identifier: Apache-2.0
"""Giving work to another conductor when this one is asked to stop.

At the next boundary between two steps the flow leaves its node in its working state, with the place on record, and
lets go of it; then the conductor that the ring names is told to take it up. Where there is none, or it cannot be
reached, the node is found by whoever becomes its owner: see ``periodics.orphans``.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.conductor import journal, rpcapi
from ironic_lite.conductor.identity import current
from ironic_lite.conductor.ring import Placed

LOG = log.getLogger(__name__)


def is_due() -> bool:
    """Whether this conductor is about to stop."""
    return current().stopping.is_set()


def leave(task: Any, what: str) -> None:
    """Put on record that a node is left to others, and tell them once its lock is free.

    :param what: the operation.
    """
    LOG.info("Node %s: its %s is handed over, this conductor stops", task.node.uuid, what)
    journal.note(task, terms.HAND_OVER, current().host, terms.DONE)
    task.node.save()
    task.when_released(tell_owner, task.node)


def tell_owner(node: Placed) -> None:
    """Have the conductor that owns the node now take up what was left on it; nobody waits for that."""
    me = current()
    try:
        # A fresh look at the ring: we have just left it.
        peers = rpcapi.ConductorAPI()
        host = peers.get_conductor_for(node)
        if host != me.host:
            peers.take_up(ironic_context.admin_context(), node.uuid, peers.get_topic_for(node))
    except exception.NoValidHost:
        LOG.info("Node %s: no other conductor can take it up now", node.uuid)
    except Exception:
        LOG.exception("Node %s: nobody was told to take it up; its owner finds it", node.uuid)
