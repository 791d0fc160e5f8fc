# SPDX-License-Identifier: Apache-2.0
"""Servicing: running steps on a server with an instance."""

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

_FLOW = "ironic_lite.conductor.operations.flows.service"

SERVICING = Operation(
    name="servicing",
    flow=f"{_FLOW}:FLOW",
    history="servicing",
    working=State(states.SERVICING, carries_instance=True),
    waiting=State(states.SERVICEWAIT, carries_instance=True),
    held=State(states.SERVICEHOLD, carries_instance=True, allows=CHANGING_RECORD),
    failed=State(
        states.SERVICEFAIL,
        carries_instance=True,
        allows=CHANGING_RECORD,
        advice="Correct the cause, then request 'service' again, or 'abort' to leave the node as it is.",
    ),
    ends={"done": states.ACTIVE},
    more={
        states.SERVICEFAIL: {
            "wait": states.SERVICEWAIT,
            "hold": states.SERVICEHOLD,
            "abort": states.ACTIVE,
        }
    },
    target=states.ACTIVE,
    timeout_option="service_callback_timeout",
    step_kind="service",
    preparation="boot the ramdisk",
    winding_up="end the agent and boot the instance again",
    verbs=(
        Verb(
            name="service",
            event="service",
            since=87,
            meaning="run the given steps, or a runbook, on a server with an instance",
            doing="servicing",
            start=f"{_FLOW}:start",
            begins_in=(states.ACTIVE, states.SERVICEHOLD, states.SERVICEFAIL),
            arguments=(
                Argument(
                    name="service_steps",
                    form=Form.STEPS,
                    since=87,
                    required=True,
                    rule="Choose the steps of a servicing.",
                ),
                Argument(name="disable_ramdisk", form=Form.FLAG, since=108),
                Argument(name="runbook", form=Form.RUNBOOK, since=92),
            ),
            barred_by=(Bar.MAINTENANCE,),
        ),
    ),
)
