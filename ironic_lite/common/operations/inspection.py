# SPDX-License-Identifier: Apache-2.0
"""Inspection: reading the hardware of a server."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import (
    CHANGING_RECORD,
    Change,
    Operation,
    State,
    Verb,
)

_FLOW = "ironic_lite.conductor.operations.flows.inspect"
_UNDER_WAY = frozenset({Change.RECORD, Change.DRIVER, Change.CABLES})

INSPECTION = Operation(
    name="inspection",
    flow=f"{_FLOW}:FLOW",
    history="introspection",
    working=State(states.INSPECTING, allows=_UNDER_WAY),
    waiting=State(
        states.INSPECTWAIT,
        allows=_UNDER_WAY,
        abort_since=41,
        shown_before=(39, states.INSPECTING),
    ),
    failed=State(
        states.INSPECTFAIL,
        allows=CHANGING_RECORD,
        advice="Correct the cause, then request 'inspect' again, or 'manage' to continue without inspection.",
    ),
    ends={"done": states.MANAGEABLE},
    more={
        states.INSPECTWAIT: {"done": states.MANAGEABLE},
        states.INSPECTFAIL: {"manage": states.MANAGEABLE},
    },
    target=states.MANAGEABLE,
    timeout_option="inspect_wait_timeout",
    preparation="read the hardware of the server; unless the BMC reports it, boot the inspection ramdisk",
    verbs=(
        Verb(
            name="inspect",
            event="inspect",
            since=6,
            meaning="read the hardware of the server",
            doing="inspecting",
            start=f"{_FLOW}:start",
            begins_in=(states.MANAGEABLE, states.INSPECTFAIL),
        ),
    ),
)
