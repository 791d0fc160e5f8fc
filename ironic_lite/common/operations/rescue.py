# SPDX-License-Identifier: Apache-2.0
"""Rescue: a rescue ramdisk on an active node, and its end."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import (
    CHANGING_RECORD,
    Argument,
    Bar,
    Form,
    Operation,
    State,
    Verb,
)

_FLOW = "ironic_lite.conductor.operations.flows.rescue"

RESCUE = Operation(
    name="rescue",
    flow=f"{_FLOW}:RESCUE",
    history="rescue",
    working=State(states.RESCUING, carries_instance=True),
    waiting=State(states.RESCUEWAIT, carries_instance=True),
    failed=State(
        states.RESCUEFAIL,
        carries_instance=True,
        allows=CHANGING_RECORD,
        advice="Request 'rescue' again, or 'unrescue' to boot the instance.",
    ),
    ends={"done": states.RESCUE},
    target=states.RESCUE,
    timeout_option="rescue_callback_timeout",
    preparation="boot the rescue ramdisk",
    verbs=(
        Verb(
            name="rescue",
            event="rescue",
            since=38,
            meaning="boot a rescue ramdisk with the given password",
            doing="rescuing",
            start=f"{_FLOW}:start",
            begins_in=(
                states.ACTIVE,
                states.RESCUE,
                states.RESCUEFAIL,
                states.UNRESCUEFAIL,
                states.SERVICEFAIL,
            ),
            arguments=(
                Argument(
                    name="rescue_password",
                    form=Form.PASSWORD,
                    since=38,
                    required=True,
                    rehearsed="rehearsed",
                ),
            ),
            barred_by=(Bar.MAINTENANCE,),
        ),
    ),
)

END_OF_RESCUE = Operation(
    name="end of the rescue",
    flow=f"{_FLOW}:UNRESCUE",
    history="rescue",
    working=State(states.UNRESCUING, carries_instance=True),
    failed=State(
        states.UNRESCUEFAIL,
        carries_instance=True,
        allows=CHANGING_RECORD,
        advice="Correct the cause, then request 'unrescue' again.",
    ),
    ends={"done": states.ACTIVE},
    target=states.ACTIVE,
    preparation="boot the instance again",
    verbs=(
        Verb(
            name="unrescue",
            event="unrescue",
            since=38,
            meaning="boot the instance again",
            doing="unrescuing",
            start=f"{_FLOW}:start_unrescue",
            begins_in=(states.RESCUE, states.RESCUEFAIL, states.UNRESCUEFAIL),
            barred_by=(Bar.MAINTENANCE,),
        ),
    ),
)
