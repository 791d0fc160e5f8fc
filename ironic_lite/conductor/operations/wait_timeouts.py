# SPDX-License-Identifier: Apache-2.0
"""How long a node may wait for its agent, by provision state."""

from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF


def patience(state: str | None) -> int | None:
    """Return the timeout of a wait state in seconds; None when it has none."""
    if state is None or not provision_states.is_waiting(state):
        return None
    operation = provision_states.operation_of(state)
    option = operation.timeout_option if operation else None
    return (getattr(CONF.conductor, option) or None) if option else None
