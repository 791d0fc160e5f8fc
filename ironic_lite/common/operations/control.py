# SPDX-License-Identifier: Apache-2.0
"""The verbs that act on whatever operation runs: every operation that waits or can be held takes them."""

from ironic_lite.common.operations.declaration import Verb

_FLOW = "ironic_lite.conductor.flows.control"

ABORT = Verb(
    name="abort",
    event="abort",
    since=13,
    meaning="stop the operation; a step that must not be cut off is waited for",
    doing="aborting",
    start=f"{_FLOW}:abort",
    plannable=False,
)

UNHOLD = Verb(
    name="unhold",
    event="unhold",
    since=85,
    meaning="go on behind the hold step",
    doing="going on",
    start=f"{_FLOW}:unhold",
    plannable=False,
)
