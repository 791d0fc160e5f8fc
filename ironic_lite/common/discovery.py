# SPDX-License-Identifier: Apache-2.0
"""What the record of a discovered server's node says about the discovery, for API and conductor.

``driver_internal_info[KEY]``, which no client can change, is ``{"at", "from", "state", "agent"}``: when and from which
address the server was discovered; ``waiting`` until it is accepted, then ``accepted``; whether its agent is to be ended
when it calls.
"""

from collections.abc import Mapping
from typing import Any

KEY = "discovery"

WAITING = "waiting"
ACCEPTED = "accepted"

BMC_DRIVER = "ipmi"
"""The hardware type of servers that report the address of a BMC."""

TO_BE_ENDED = "to be ended"

WAITS = "waiting to be accepted"
"""The end of a discovered node's description, by which clients list such nodes, until it is accepted."""

Row = dict[str, Any]


def of(internal: Mapping[str, Any]) -> Row:
    """Return what a node's ``driver_internal_info`` says about its discovery; empty if it was not discovered."""
    found = internal.get(KEY)
    return dict(found) if isinstance(found, Mapping) else {}


def ends_agent(internal: Mapping[str, Any]) -> bool:
    """Tell whether the agent that has inspected the server is still up, and is to be ended when it calls."""
    return of(internal).get("agent") == TO_BE_ENDED
