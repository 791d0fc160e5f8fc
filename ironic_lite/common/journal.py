# SPDX-License-Identifier: Apache-2.0
"""The words of a node's journal: what conductors write and everybody else reads."""

# Kinds of entries. What their subject is stands behind each.
OPERATION = "operation"  # the flow: "deployment"
PHASE = "phase"  # one of the phases below
STEP = "step"  # the step: "deploy.write_image"
WAIT = "wait"  # for whom
HOLD = "hold"  # the flow
STATE = "state"  # the provision state
POWER = "power"  # what was asked for: "rebooting"
LOCK = "lock"  # who held it
HAND_OVER = "hand-over"  # the conductor that stops
TAKE_OVER = "take-over"  # the conductor that had it before
TIMEOUT = "timeout"  # the state that took too long
ABORT = "abort"  # the flow
RETRY = "retry"  # what is tried again
AGENT = "agent"  # the flow

# Phases of an operation, besides its steps.
PREPARATION = "preparation"
TAKING_IN = "taking in what has come"
WINDING_UP = "winding up"
CLEANING_UP = "cleaning up"
STEPS = "steps"  # all of them, where there is nothing to do

FAILING = "failing"
"""Key in a node's ``driver_internal_info``: why its operation has failed, while it is cleaned up after."""

# Outcomes. What is started is on record before it runs.
REQUESTED = "requested"
STARTED = "started"
REPEATED = "repeated"  # started again by another conductor
DONE = "done"
SKIPPED = "skipped"  # it had happened before its conductor died, or is switched off
INTERRUPTED = "interrupted"  # its conductor died
FAILED = "failed"
ENTERED = "entered"
BROKEN = "broken"
LOST = "lost"  # its server lost power, or was started again

BEGINNINGS = frozenset({STARTED, REPEATED})
ENDS = frozenset({DONE, SKIPPED, INTERRUPTED, FAILED, LOST})
