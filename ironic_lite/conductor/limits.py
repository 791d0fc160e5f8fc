# SPDX-License-Identifier: Apache-2.0
"""How many nodes may be deployed, or taken down and cleaned, at one time, in the whole cluster.

Who asks for one more is refused. What follows by itself, as cleaning does after tearing down, has been counted before
and goes on. Neither is ``provide`` refused, as on Ironic: making a fleet available is no harm that repeats.
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
"""Event -> what messages call it, the option, the mutex, the states that count."""


def check(node: Any, state: str, event: str) -> None:
    """Have the next ``save`` of the node refuse a move that is one too many.

    It counts with the move made and in its transaction, one at a time: so two conductors at once do not pass the limit.

    :param state: the node was in, before the event.
    :raises ConcurrentActionLimit: (on saving) naming the option.
    """
    if event not in _ACTIONS or state in states.WORKING:
        return
    action, option, mutex, counted = _ACTIONS[event]
    if state in counted:
        # It counts already: a deployment that is given up while it waits, for one.
        return
    most = getattr(CONF.conductor, option)
    refusal = exception.ConcurrentActionLimit(
        action=action, option=f"[conductor] {option}", most=most
    )
    node.allow_in_states(counted, most, mutex, refusal)
