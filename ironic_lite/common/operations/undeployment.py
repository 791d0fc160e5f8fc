# SPDX-License-Identifier: Apache-2.0
"""Undeployment: removing an instance from its server; cleaning follows."""

from ironic_lite.common import states
from ironic_lite.common.operations import cleaning
from ironic_lite.common.operations.declaration import Bar, Operation, State, Verb

_FLOW = "ironic_lite.conductor.operations.flows.tear_down"

UNDEPLOYMENT = Operation(
    name="undeployment",
    flow=f"{_FLOW}:FLOW",
    history="unprovision",
    working=State(states.DELETING, carries_instance=True),
    failed=states.ERROR,
    ends={"clean": states.CLEANING},
    target=states.AVAILABLE,
    limit=cleaning.LIMIT,
    preparation="close the console, remove the boot configuration of the instance, power off, detach volumes and "
    "networks",
    followed_by=cleaning.CLEANING.name,
    verbs=(
        Verb(
            name="deleted",
            event="delete",
            since=1,
            also={"undeploy": 73},
            meaning="remove the instance, clean the server, and make it available",
            doing="unprovisioning",
            start=f"{_FLOW}:start",
            begins_in=(
                states.ACTIVE,
                states.ERROR,
                states.DEPLOYWAIT,
                states.DEPLOYFAIL,
                states.RESCUEWAIT,
                states.RESCUE,
                states.RESCUEFAIL,
                states.UNRESCUEFAIL,
                states.SERVICEWAIT,
                states.SERVICEFAIL,
            ),
            barred_by=(Bar.PROTECTED,),
            limited=True,
        ),
    ),
)
