# SPDX-License-Identifier: Apache-2.0
"""Cluster-wide limits: how many nodes may be deployed, or torn down and cleaned, at the same time.

A request beyond a limit is refused. Operations that follow automatically, as cleaning follows tearing down, are counted
already and continue. ``provide`` is never refused, as in Ironic.
"""

from typing import Any

from ironic_lite.common import exception, operations
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF


def check(node: Any, state: str, event: str) -> None:
    """Make the next ``save`` of the node refuse a move beyond the limit.

    The count runs within the transaction of the move and under a mutex, so two conductors cannot both pass the limit.

    :param state: the node's state before the event.
    :raises ConcurrentActionLimit: (on saving) naming the option.
    """
    verb = operations.VERB_OF.get(event)
    operation = operations.operation_of(verb) if verb is not None and verb.limited else None
    limit = operation.limit if operation is not None else None
    if verb is None or limit is None or provision_states.is_working(state):
        return
    counted = provision_states.counted_against(limit)
    if state in counted:
        # The node counts already, for example when a waiting deployment is torn down.
        return
    most = getattr(CONF.conductor, limit.option)
    refusal = exception.ConcurrentActionLimit(
        action=verb.doing, option=f"[conductor] {limit.option}", most=most
    )
    node.allow_in_states(counted, most, limit.mutex, refusal)
