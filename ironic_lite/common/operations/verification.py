# SPDX-License-Identifier: Apache-2.0
"""Verification, from ``enroll`` to ``manageable``: checks that the server can be controlled."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import CHANGING_RECORD, Operation, State, Verb

_FLOW = "ironic_lite.conductor.operations.flows.verify"

VERIFICATION = Operation(
    name="verification",
    flow=f"{_FLOW}:FLOW",
    history="verify",
    working=State(states.VERIFYING, allows=CHANGING_RECORD),
    failed=states.ENROLL,
    ends={"done": states.MANAGEABLE},
    target=states.MANAGEABLE,
    preparation="read the power state and facts about the server from the BMC",
    verbs=(
        Verb(
            name="manage",
            event="manage",
            since=4,
            meaning="put the node under the operator's control: from enroll it is verified first; from available it "
            "only leaves the pool",
            doing="verifying",
            start=f"{_FLOW}:start",
            begins_in=(states.ENROLL,),
            moves={states.AVAILABLE: states.MANAGEABLE},
            on_the_way=True,
        ),
    ),
)
