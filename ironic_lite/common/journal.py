# SPDX-License-Identifier: Apache-2.0
"""The terms of a node's journal, for writers and readers."""

# Kinds of entries, with the meaning of their subject.
OPERATION = "operation"  # the flow: "deployment"
PHASE = "phase"  # one of the phases below
STEP = "step"  # the step: "deploy.write_image"
WAIT = "wait"  # what the node waits for
HOLD = "hold"  # the flow
STATE = "state"  # the provision state
POWER = "power"  # the request: "rebooting"
LOCK = "lock"  # the conductor that held it
HAND_OVER = "hand-over"  # the conductor that stops
TAKE_OVER = "take-over"  # the conductor that had it before
TIMEOUT = "timeout"  # the state that took too long
ABORT = "abort"  # the flow
RETRY = "retry"  # what is retried
AGENT = "agent"  # the flow
CONFLICT = "conflict"  # what came that does not fit the node
LOGS = "logs"  # the file with the ramdisk's logs; none: they could not be collected
BOOT = "boot"  # the stage of a network boot (see ``boot_stages``), or "boot" when the server is booted again

# Phases of an operation besides its steps.
PREPARATION = "preparation"
TAKING_IN = "taking in what has come"
WINDING_UP = "winding up"
CLEANING_UP = "cleaning up"
STEPS = "steps"  # all steps, when there are none to run

FAILING = "failing"
"""Key in a node's ``driver_internal_info``: the error of its operation, during the cleaning up."""

# Outcomes. STARTED is saved before the work starts.
REQUESTED = "requested"
STARTED = "started"
REPEATED = "repeated"  # started again by another conductor
DONE = "done"
SKIPPED = "skipped"  # it was complete before its conductor died, or it is disabled
INTERRUPTED = "interrupted"  # its conductor died
FAILED = "failed"
ENTERED = "entered"
BROKEN = "broken"
SENDING = "sending"  # a part of the file was sent
LOST = "lost"  # its server lost power or was restarted

BEGINNINGS = frozenset({STARTED, REPEATED})
ENDS = frozenset({DONE, SKIPPED, INTERRUPTED, FAILED, LOST})
