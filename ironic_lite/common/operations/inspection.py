# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import (
    CHANGING_RECORD,
    Change,
    Operation,
    State,
    Verb,
)

_FLOW = "ironic_lite.conductor.flows.inspect"
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
        advice="Mend the cause, then ask for 'inspect' again, or for 'manage' to do without.",
    ),
    ends={"done": states.MANAGEABLE},
    more={
        states.INSPECTWAIT: {"done": states.MANAGEABLE},
        states.INSPECTFAIL: {"manage": states.MANAGEABLE},
    },
    target=states.MANAGEABLE,
    timeout_option="inspect_wait_timeout",
    preparation="find out what the server is made of; where the BMC does not tell, boot the inspection ramdisk",
    verbs=(
        Verb(
            name="inspect",
            event="inspect",
            since=6,
            meaning="find out what the server is made of",
            doing="inspecting",
            start=f"{_FLOW}:start",
            begins_in=(states.MANAGEABLE, states.INSPECTFAIL),
        ),
    ),
)
