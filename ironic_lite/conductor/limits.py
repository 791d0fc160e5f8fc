# SPDX-License-Identifier: Apache-2.0
"""Cluster-wide limits: how many nodes may be deployed, or torn down and cleaned, at the same time.

A request beyond a limit is refused. Operations that follow automatically, as cleaning follows tearing down, are counted
already and continue. ``provide`` is never refused, as in Ironic.
"""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF

_DEPLOYING = (states.DEPLOYING, states.DEPLOYWAIT, states.DEPLOYHOLD)
_CLEANING = (states.DELETING, states.CLEANING, states.CLEANWAIT, states.CLEANHOLD)

_ACTIONS = {
    "deploy": ("provisioning", "max_concurrent_deploy", "deploying", _DEPLOYING),
    "rebuild": ("provisioning", "max_concurrent_deploy", "deploying", _DEPLOYING),
    "delete": ("unprovisioning", "max_concurrent_clean", "cleaning", _CLEANING),
    "clean": ("cleaning", "max_concurrent_clean", "cleaning", _CLEANING),
}
"""Event -> its name in messages, the option, the mutex, and the states that count."""


def check(node: Any, state: str, event: str) -> None:
    """Make the next ``save`` of the node refuse a move beyond the limit.

    The count runs within the transaction of the move and under a mutex, so two conductors cannot both pass the limit.

    :param state: the node's state before the event.
    :raises ConcurrentActionLimit: (on saving) naming the option.
    """
    if event not in _ACTIONS or state in states.WORKING:
        return
    action, option, mutex, counted = _ACTIONS[event]
    if state in counted:
        # The node counts already, for example when a waiting deployment is torn down.
        return
    most = getattr(CONF.conductor, option)
    refusal = exception.ConcurrentActionLimit(
        action=action, option=f"[conductor] {option}", most=most
    )
    node.allow_in_states(counted, most, mutex, refusal)
