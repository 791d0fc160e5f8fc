# SPDX-License-Identifier: Apache-2.0
"""Deployment and rebuild: from an image to an active node."""

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

_FLOW = "ironic_lite.conductor.operations.flows.deploy"

_DRIVE_ELSEWHERE = (
    "Adding a config drive is only supported when setting provision state to active, rebuild"
)
_STEPS = Argument(name="deploy_steps", form=Form.STEPS_BY_PRIORITY, since=69)

DEPLOYMENT = Operation(
    name="deployment",
    flow=f"{_FLOW}:FLOW",
    history="deploying",
    working=State(states.DEPLOYING, carries_instance=True),
    waiting=State(states.DEPLOYWAIT, carries_instance=True, abort_since=110),
    held=State(states.DEPLOYHOLD, carries_instance=True),
    failed=State(
        states.DEPLOYFAIL,
        allows=CHANGING_RECORD,
        advice="Correct the cause, then request 'active' again, or 'deleted' to undeploy the node.",
    ),
    ends={"done": states.ACTIVE},
    target=states.ACTIVE,
    timeout_option="deploy_callback_timeout",
    step_kind="deploy",
    limit=Limit("max_concurrent_deploy", "deploying"),
    preparation="attach volumes and connect to the provisioning network",
    preparation_waits=False,
    verbs=(
        Verb(
            name="active",
            event="deploy",
            since=1,
            also={"deploy": 73},
            meaning="deploy the image in instance_info",
            doing="provisioning",
            start=f"{_FLOW}:start",
            begins_in=(states.AVAILABLE, states.DEPLOYFAIL),
            arguments=(
                Argument(
                    name="configdrive",
                    form=Form.CONFIG_DRIVE,
                    since=1,
                    elsewhere=_DRIVE_ELSEWHERE,
                ),
                _STEPS,
            ),
            barred_by=(Bar.MAINTENANCE,),
            barred_first=True,
            limited=True,
        ),
        Verb(
            name="rebuild",
            event="rebuild",
            since=1,
            meaning="deploy the node's image again; the data on its disk is lost",
            doing="provisioning",
            start=f"{_FLOW}:start_rebuild",
            begins_in=(states.ACTIVE, states.ERROR, states.DEPLOYFAIL),
            arguments=(
                Argument(
                    name="configdrive",
                    form=Form.CONFIG_DRIVE,
                    since=35,
                    too_early="A config drive is supported with rebuild from API version 1.35 on.",
                    elsewhere=_DRIVE_ELSEWHERE,
                ),
                _STEPS,
            ),
            barred_by=(Bar.MAINTENANCE, Bar.PROTECTED),
            barred_first=True,
            limited=True,
        ),
    ),
)
