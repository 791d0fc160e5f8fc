# SPDX-License-Identifier: Apache-2.0
"""Cleaning: automatically between tenants, or manually with the steps of an operator."""

from ironic_lite.common import states
from ironic_lite.common.operations.declaration import (
    CHANGING_RECORD,
    Argument,
    Bar,
    Form,
    Limit,
    Operation,
    State,
    Verb,
)

_FLOW = "ironic_lite.conductor.operations.flows.clean"

LIMIT = Limit("max_concurrent_clean", "cleaning")

CLEANING = Operation(
    name="cleaning",
    flow=f"{_FLOW}:FLOW",
    history="cleaning",
    working=State(states.CLEANING),
    waiting=State(states.CLEANWAIT),
    held=State(states.CLEANHOLD),
    failed=State(
        states.CLEANFAIL,
        allows=CHANGING_RECORD,
        advice="Correct the cause, unset maintenance if the failure set it, then request 'manage' and clean again.",
    ),
    ends={"done": states.AVAILABLE, "manage": states.MANAGEABLE},
    more={states.CLEANFAIL: {"manage": states.MANAGEABLE}},
    target=states.AVAILABLE,
    timeout_option="clean_callback_timeout",
    step_kind="clean",
    limit=LIMIT,
    preparation="connect to the cleaning network and boot the ramdisk",
    winding_up="power off and disconnect from the cleaning network",
    verbs=(
        Verb(
            name="provide",
            event="provide",
            since=4,
            meaning="clean the server, if automated cleaning is enabled, and make it available for deployment",
            doing="providing",
            start=f"{_FLOW}:start_automated",
            begins_in=(states.MANAGEABLE,),
            barred_by=(Bar.RETIRED,),
            on_the_way=True,
        ),
        Verb(
            name="clean",
            event="clean",
            since=15,
            meaning="run the given cleaning steps, or a runbook",
            doing="cleaning",
            start=f"{_FLOW}:start_manual",
            begins_in=(states.MANAGEABLE,),
            target=states.MANAGEABLE,
            arguments=(
                Argument(
                    name="clean_steps",
                    form=Form.STEPS,
                    since=15,
                    required=True,
                    rule="Choose the steps of a cleaning.",
                ),
                Argument(name="disable_ramdisk", form=Form.FLAG, since=70),
                Argument(name="runbook", form=Form.RUNBOOK, since=92),
            ),
            barred_by=(Bar.MAINTENANCE,),
            limited=True,
        ),
    ),
)
