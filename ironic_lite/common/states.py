# SPDX-License-Identifier: Apache-2.0
"""Provision and power states of a node, and the state machine between them, as data.

The names are those of Ironic's API. ``TRANSITIONS`` is the whole machine: the API asks it which verbs a state
takes, the task manager moves nodes along it, and the documentation's drawing is made from it.
"""

import dataclasses
import functools

from automaton import exceptions as automaton_exceptions
from automaton import machines

# Stable provision states.
ENROLL = "enroll"
MANAGEABLE = "manageable"
AVAILABLE = "available"
ACTIVE = "active"
ERROR = "error"
RESCUE = "rescue"

# States in which a conductor works on the node, or waits for its agent.
VERIFYING = "verifying"
DEPLOYING = "deploying"
DEPLOYWAIT = "wait call-back"
DEPLOYHOLD = "deploy hold"
DELETING = "deleting"
CLEANING = "cleaning"
CLEANWAIT = "clean wait"
CLEANHOLD = "clean hold"
INSPECTING = "inspecting"
INSPECTWAIT = "inspect wait"
ADOPTING = "adopting"
RESCUING = "rescuing"
RESCUEWAIT = "rescue wait"
UNRESCUING = "unrescuing"
SERVICING = "servicing"
SERVICEWAIT = "service wait"
SERVICEHOLD = "service hold"

# States that a failure leaves a node in.
DEPLOYFAIL = "deploy failed"
CLEANFAIL = "clean failed"
INSPECTFAIL = "inspect failed"
ADOPTFAIL = "adopt failed"
RESCUEFAIL = "rescue failed"
UNRESCUEFAIL = "unrescue failed"
SERVICEFAIL = "service failed"

# Power states, and the targets that only a request has.
POWER_ON = "power on"
POWER_OFF = "power off"
REBOOT = "rebooting"
SOFT_REBOOT = "soft rebooting"
SOFT_POWER_OFF = "soft power off"

POWER_TARGETS = {
    POWER_ON: POWER_ON,
    POWER_OFF: POWER_OFF,
    REBOOT: POWER_ON,
    SOFT_REBOOT: POWER_ON,
    SOFT_POWER_OFF: POWER_OFF,
}
"""What power state each power request ends in."""

STABLE = frozenset({ENROLL, MANAGEABLE, AVAILABLE, ACTIVE, ERROR, RESCUE})
"""A node rests here until somebody asks for something; its target provision state is null."""

FAILED = frozenset(
    {DEPLOYFAIL, CLEANFAIL, INSPECTFAIL, ADOPTFAIL, RESCUEFAIL, UNRESCUEFAIL, SERVICEFAIL}
)

WAITING = {
    DEPLOYING: DEPLOYWAIT,
    CLEANING: CLEANWAIT,
    INSPECTING: INSPECTWAIT,
    RESCUING: RESCUEWAIT,
    SERVICING: SERVICEWAIT,
}
"""The wait state of each working state that may wait for an agent."""

WORKING = frozenset(
    {
        VERIFYING,
        DEPLOYING,
        DELETING,
        CLEANING,
        INSPECTING,
        ADOPTING,
        RESCUING,
        UNRESCUING,
        SERVICING,
    }
)
"""A conductor holds the node's lock for as long as the node is in one of these."""

LIVE = frozenset({ACTIVE, RESCUE, *WAITING.values()})
"""The server runs something that its conductor has prepared."""

HELD = frozenset({CLEANHOLD, DEPLOYHOLD, SERVICEHOLD})
"""A step asked to stop here until somebody says ``unhold``."""

AGENT_EXPECTED = frozenset(WAITING) | frozenset(WAITING.values()) | HELD
"""States in which an agent on the server has a reason to look its node up."""

_UPDATE_ALLOWED = frozenset(
    {
        *FAILED,
        INSPECTING,
        INSPECTWAIT,
        ERROR,
        VERIFYING,
        SERVICEHOLD,
    }
)
"""States in which a node's record may be changed although it has a target provision state."""

DELETE_ALLOWED = frozenset({ENROLL, MANAGEABLE, AVAILABLE, ADOPTFAIL})
"""A node record may be deleted in these states (in any state under maintenance)."""

VERBS = {
    "active": "deploy",
    "deploy": "deploy",
    "rebuild": "rebuild",
    "deleted": "delete",
    "undeploy": "delete",
    "manage": "manage",
    "provide": "provide",
    "inspect": "inspect",
    "abort": "abort",
    "clean": "clean",
    "adopt": "adopt",
    "rescue": "rescue",
    "unrescue": "unrescue",
    "unhold": "unhold",
    "service": "service",
}
"""What a client may send as the target of PUT states/provision, and the event of the machine it stands for."""

TRANSITIONS: dict[str, dict[str, str]] = {
    ENROLL: {"manage": VERIFYING},
    VERIFYING: {"done": MANAGEABLE, "fail": ENROLL},
    MANAGEABLE: {
        "provide": CLEANING,
        "clean": CLEANING,
        "inspect": INSPECTING,
        "adopt": ADOPTING,
    },
    AVAILABLE: {"deploy": DEPLOYING, "manage": MANAGEABLE},
    ACTIVE: {
        "rebuild": DEPLOYING,
        "delete": DELETING,
        "rescue": RESCUING,
        "service": SERVICING,
    },
    ERROR: {"rebuild": DEPLOYING, "delete": DELETING},
    DEPLOYING: {"done": ACTIVE, "fail": DEPLOYFAIL, "wait": DEPLOYWAIT, "hold": DEPLOYHOLD},
    DEPLOYWAIT: {
        "resume": DEPLOYING,
        "hold": DEPLOYHOLD,
        "fail": DEPLOYFAIL,
        "abort": DEPLOYFAIL,
        "delete": DELETING,
    },
    DEPLOYHOLD: {"unhold": DEPLOYWAIT, "fail": DEPLOYFAIL, "abort": DEPLOYFAIL},
    DEPLOYFAIL: {"rebuild": DEPLOYING, "deploy": DEPLOYING, "delete": DELETING},
    DELETING: {"clean": CLEANING, "fail": ERROR},
    CLEANING: {
        "done": AVAILABLE,
        "manage": MANAGEABLE,
        "fail": CLEANFAIL,
        "wait": CLEANWAIT,
        "hold": CLEANHOLD,
    },
    CLEANWAIT: {"resume": CLEANING, "hold": CLEANHOLD, "fail": CLEANFAIL, "abort": CLEANFAIL},
    CLEANHOLD: {"unhold": CLEANWAIT, "fail": CLEANFAIL, "abort": CLEANFAIL},
    CLEANFAIL: {"manage": MANAGEABLE},
    INSPECTING: {"done": MANAGEABLE, "fail": INSPECTFAIL, "wait": INSPECTWAIT},
    INSPECTWAIT: {
        "done": MANAGEABLE,
        "resume": INSPECTING,
        "fail": INSPECTFAIL,
        "abort": INSPECTFAIL,
    },
    INSPECTFAIL: {"manage": MANAGEABLE, "inspect": INSPECTING},
    ADOPTING: {"done": ACTIVE, "fail": ADOPTFAIL},
    ADOPTFAIL: {"adopt": ADOPTING, "manage": MANAGEABLE},
    RESCUING: {"done": RESCUE, "wait": RESCUEWAIT, "fail": RESCUEFAIL},
    RESCUEWAIT: {
        "resume": RESCUING,
        "fail": RESCUEFAIL,
        "abort": RESCUEFAIL,
        "delete": DELETING,
    },
    RESCUE: {"rescue": RESCUING, "unrescue": UNRESCUING, "delete": DELETING},
    RESCUEFAIL: {"rescue": RESCUING, "unrescue": UNRESCUING, "delete": DELETING},
    UNRESCUING: {"done": ACTIVE, "fail": UNRESCUEFAIL},
    UNRESCUEFAIL: {"rescue": RESCUING, "unrescue": UNRESCUING, "delete": DELETING},
    SERVICING: {
        "done": ACTIVE,
        "fail": SERVICEFAIL,
        "wait": SERVICEWAIT,
        "hold": SERVICEHOLD,
    },
    SERVICEWAIT: {
        "resume": SERVICING,
        "hold": SERVICEHOLD,
        "fail": SERVICEFAIL,
        "abort": SERVICEFAIL,
        "delete": DELETING,
    },
    SERVICEHOLD: {
        "unhold": SERVICEWAIT,
        "service": SERVICING,
        "fail": SERVICEFAIL,
        "abort": SERVICEFAIL,
    },
    SERVICEFAIL: {
        "service": SERVICING,
        "rescue": RESCUING,
        "wait": SERVICEWAIT,
        "hold": SERVICEHOLD,
        "delete": DELETING,
        "abort": ACTIVE,
    },
}
"""``{state: {event: next state}}``."""

TARGETS = {
    VERIFYING: MANAGEABLE,
    DEPLOYING: ACTIVE,
    CLEANING: AVAILABLE,
    DELETING: AVAILABLE,
    INSPECTING: MANAGEABLE,
    ADOPTING: ACTIVE,
    RESCUING: RESCUE,
    UNRESCUING: ACTIVE,
    SERVICING: ACTIVE,
}
"""The target provision state that entering a working state sets, unless the caller names another (manual
cleaning aims at ``manageable``). Wait, hold and failed states keep the target that they find."""


@dataclasses.dataclass(frozen=True)
class Move:
    """One step of the machine.

    :param state: the provision state entered.
    :param target: the new target provision state; None where the node comes to rest.
    """

    state: str
    target: str | None


@functools.cache
def _machine() -> machines.FiniteMachine:
    machine = machines.FiniteMachine()
    for state in TRANSITIONS:
        machine.add_state(state)
    for state, events in TRANSITIONS.items():
        for event, following in events.items():
            machine.add_transition(state, following, event)
    machine.default_start_state = ENROLL
    machine.freeze()
    return machine


def is_actionable(state: str, event: str) -> bool:
    """Whether ``event`` may happen to a node in ``state``."""
    return event in TRANSITIONS.get(state, {})


def is_changing(state: str, target: str | None) -> bool:
    """Whether an operation counts on a node's record as it is, so that clients cannot change it."""
    return target is not None and state not in _UPDATE_ALLOWED


def move(state: str, event: str, target: str | None, new_target: str | None = None) -> Move:
    """Where ``event`` takes a node.

    :param state: the provision state the node is in.
    :param target: its target provision state.
    :param new_target: overrides the target that entering a working state sets.
    :raises ValueError: when the machine has no such transition.
    """
    machine = _machine().copy()
    machine.initialize(state)
    try:
        machine.process_event(event)
    except automaton_exceptions.NotFound as exc:
        raise ValueError(f"no transition from '{state}' on '{event}'") from exc
    entered = str(machine.current_state)
    if entered in STABLE:
        return Move(entered, None)
    # A resumed or failed operation keeps its aim; only the start of one sets it.
    resumes = event in {"resume", "unhold"} or entered not in TARGETS
    return Move(entered, target if resumes else (new_target or TARGETS[entered]))
