# SPDX-License-Identifier: Apache-2.0
"""The state machine of nodes, built from the declarations of the operations.

The API reads the possible verbs from it, the task manager changes states with it, and the drawing in the documentation
is generated from it.
"""

import dataclasses
import functools

from automaton import exceptions as automaton_exceptions
from automaton import machines

from ironic_lite.common import operations, states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Change, Operation, State

Moves = dict[str, dict[str, str]]


def _moves_of(operation: Operation) -> Moves:
    """Return the transitions of an operation after its start."""
    working, waiting, held = operation.working.name, operation.waiting, operation.held
    failed = operation.failed.name if isinstance(operation.failed, State) else operation.failed
    moves: Moves = {working: {**operation.ends, "fail": failed}}
    if waiting is not None:
        moves[working]["wait"] = waiting.name
        moves[waiting.name] = {"resume": working, "fail": failed, "abort": failed}
    if waiting is not None and held is not None:
        moves[working]["hold"] = moves[waiting.name]["hold"] = held.name
        moves[held.name] = {"unhold": waiting.name, "fail": failed, "abort": failed}
    for state, events in operation.more.items():
        moves.setdefault(state, {}).update(events)
    return moves


def _transitions() -> Moves:
    moves: Moves = {name: {} for name in provision_states.ROWS}
    for operation in operations.ALL:
        for state, events in _moves_of(operation).items():
            moves[state].update(events)
        for verb in operation.verbs:
            for state in verb.begins_in:
                moves[state][verb.event] = operation.working.name
            for state, entered in verb.moves.items():
                moves[state][verb.event] = entered
    return moves


TRANSITIONS = _transitions()
"""``{state: {event: next state}}``."""

TARGETS = {operation.working.name: operation.target for operation in operations.ALL}
"""Working state -> the target provision state that it sets, unless the caller gives another one (manual cleaning has
the target ``manageable``). Wait, hold and failed states keep the target."""


@dataclasses.dataclass(frozen=True)
class Move:
    """One transition of the machine.

    :param state: the new provision state.
    :param target: the new target provision state; None in a stable state.
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
    machine.default_start_state = states.ENROLL
    machine.freeze()
    return machine


def is_actionable(state: str, event: str) -> bool:
    """Tell whether the machine has a transition for ``event`` in ``state``."""
    return event in TRANSITIONS.get(state, {})


def is_changing(state: str, target: str | None) -> bool:
    """Tell whether clients cannot change the record, because an operation relies on it."""
    return target is not None and not provision_states.allows(state, Change.RECORD)


def only_moves(state: str, event: str) -> bool:
    """Tell whether an event in ``state`` only leads from one stable state to another.

    :raises KeyError: when there is no such transition.
    """
    entered = TRANSITIONS[state][event]
    at_rest = provision_states.is_stable(state) or provision_states.is_failed(state)
    return at_rest and provision_states.is_stable(entered)


def move(state: str, event: str, target: str | None, new_target: str | None = None) -> Move:
    """Return the transition for ``event``.

    :param state: the node's provision state.
    :param target: its target provision state.
    :param new_target: replaces the target that a working state sets.
    :raises ValueError: when the machine has no such transition.
    """
    machine = _machine().copy()
    machine.initialize(state)
    try:
        machine.process_event(event)
    except automaton_exceptions.NotFound as exc:
        raise ValueError(f"no transition from '{state}' on '{event}'") from exc
    entered = str(machine.current_state)
    if provision_states.is_stable(entered):
        return Move(entered, None)
    # A resumed or failed operation keeps its target; only its start sets it.
    resumes = event in {"resume", "unhold"} or entered not in TARGETS
    return Move(entered, target if resumes else (new_target or TARGETS[entered]))
