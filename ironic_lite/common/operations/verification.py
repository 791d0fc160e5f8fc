# SPDX-License-Identifier: Apache-2.0
"""From ``enroll`` to ``manageable``: whether the server can be controlled at all."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import CHANGING_RECORD, Operation, State, Verb

_FLOW = "ironic_lite.conductor.flows.verify"

VERIFICATION = Operation(
    name="verification",
    flow=f"{_FLOW}:FLOW",
    history="verify",
    working=State(states.VERIFYING, allows=CHANGING_RECORD),
    failed=states.ENROLL,
    ends={"done": states.MANAGEABLE},
    target=states.MANAGEABLE,
    preparation="ask the BMC for the power state, and for what it tells about the server",
    verbs=(
        Verb(
            name="manage",
            event="manage",
            since=4,
            meaning="hand the node to the operator: from enroll it is verified first, from available it is only taken "
            "out of the pool",
            doing="verifying",
            start=f"{_FLOW}:start",
            begins_in=(states.ENROLL,),
            moves={states.AVAILABLE: states.MANAGEABLE},
            on_the_way=True,
        ),
    ),
)
