# SPDX-License-Identifier: Apache-2.0
"""Adoption: taking over a server that already runs its operating system."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import Change, Operation, State, Verb

_FLOW = "ironic_lite.conductor.operations.flows.adopt"

ADOPTION = Operation(
    name="adoption",
    flow=f"{_FLOW}:FLOW",
    history="adoption",
    working=State(states.ADOPTING),
    failed=State(
        states.ADOPTFAIL,
        allows=frozenset({Change.RECORD, Change.VOLUMES, Change.DELETION}),
        keeps_power=False,
        advice="Correct the cause, then request 'adopt' again, or 'manage' to give up.",
    ),
    ends={"done": states.ACTIVE},
    more={states.ADOPTFAIL: {"manage": states.MANAGEABLE}},
    target=states.ACTIVE,
    preparation="check power, boot and deployment; prepare the boot of the instance",
    verbs=(
        Verb(
            name="adopt",
            event="adopt",
            since=17,
            meaning="take over the system that runs on the server, without touching its disk",
            doing="adopting",
            start=f"{_FLOW}:start",
            begins_in=(states.MANAGEABLE, states.ADOPTFAIL),
        ),
    ),
)
