# SPDX-License-Identifier: Apache-2.0
"""The verbs that act on a running operation: every operation that waits or can be held accepts them."""

from ironic_lite.common.operations.declaration import Verb

_FLOW = "ironic_lite.conductor.operations.flows.control"

ABORT = Verb(
    name="abort",
    event="abort",
    since=13,
    meaning="stop the operation; a step that must not be interrupted ends first",
    doing="aborting",
    start=f"{_FLOW}:abort",
    plannable=False,
)

UNHOLD = Verb(
    name="unhold",
    event="unhold",
    since=85,
    meaning="continue after the hold step",
    doing="going on",
    start=f"{_FLOW}:unhold",
    plannable=False,
)
