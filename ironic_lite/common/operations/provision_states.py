# SPDX-License-Identifier: Apache-2.0
"""The one table of provision states, and the questions that are put to it.

A state that nobody has declared, as one of a package that another process has, is of no kind and allows nothing.
"""

from typing import NamedTuple

from ironic_lite.common import operations
from ironic_lite.common.operations.declaration import (
    RESTING,
    Change,
    Kind,
    Limit,
    Operation,
    State,
)


class Row(NamedTuple):
    """One line of the table.

    :param operation: the operation that the state belongs to; None for those between operations.
    """

    state: State
    kind: Kind
    operation: Operation | None


def _rows() -> dict[str, Row]:
    rows: dict[str, Row] = {state.name: Row(state, Kind.STABLE, None) for state in RESTING}
    for operation in operations.ALL:
        for state, kind in operation.states():
            if state.name in rows:
                raise ValueError(f"Operations declare the state '{state.name}' twice.")
            rows[state.name] = Row(state, kind, operation)
    return rows


ROWS = _rows()
"""State name -> its line."""

_UNKNOWN = State("")


def kind_of(name: str | None) -> Kind | None:
    """The kind of a state; None: nobody has declared it."""
    row = ROWS.get(name or "")
    return row.kind if row else None


def state(name: str) -> State:
    """What is declared about a state."""
    row = ROWS.get(name)
    return row.state if row else _UNKNOWN


def operation_of(name: str) -> Operation | None:
    """The operation that a state belongs to; None for states between operations."""
    row = ROWS.get(name)
    return row.operation if row else None


def names(*kinds: Kind) -> list[str]:
    """All states of these kinds, sorted."""
    return sorted(name for name, row in ROWS.items() if row.kind in kinds)


def is_stable(name: str) -> bool:
    """Whether a node rests in it until somebody asks for something."""
    return kind_of(name) is Kind.STABLE


def is_working(name: str) -> bool:
    """Whether a conductor works on a node in it, and holds its lock."""
    return kind_of(name) is Kind.WORKING


def is_waiting(name: str) -> bool:
    """Whether an operation waits in it."""
    return kind_of(name) is Kind.WAITING


def is_held(name: str) -> bool:
    """Whether an operation goes on only when somebody says ``unhold``."""
    return kind_of(name) is Kind.HELD


def is_paused(name: str) -> bool:
    """Whether an operation is under way, and no conductor is at work on it: it waits or is held."""
    return kind_of(name) in (Kind.WAITING, Kind.HELD)


def is_failed(name: str) -> bool:
    """Whether an operation has left the node in it by failing."""
    return kind_of(name) is Kind.FAILED


def is_in(name: str, operation: Operation) -> bool:
    """Whether a conductor works on this operation in the state, or it waits. A held or failed one is not in it."""
    row = ROWS.get(name)
    return (
        row is not None and row.operation is operation and row.kind in (Kind.WORKING, Kind.WAITING)
    )


def names_in(operation: Operation) -> list[str]:
    """The states in which a conductor works on the operation, or it waits, sorted."""
    return sorted(name for name in ROWS if is_in(name, operation))


def allows(name: str, change: Change) -> bool:
    """Whether the state allows a client to change this."""
    return change in state(name).allows


def allowing(change: Change) -> list[str]:
    """The states that allow a change, sorted."""
    return sorted(name for name, row in ROWS.items() if change in row.state.allows)


def expects_agent(name: str) -> bool:
    """Whether an agent on the server has a reason to look its node up."""
    row = ROWS.get(name)
    return (
        row is not None
        and row.operation is not None
        and row.operation.waiting is not None
        and row.kind is not Kind.FAILED
    )


def rests_with_instance(name: str) -> bool:
    """Whether nothing is under way and an instance is on the server."""
    return is_stable(name) and state(name).carries_instance


def is_live(name: str) -> bool:
    """Whether the server runs something that its conductor has prepared."""
    return is_waiting(name) or rests_with_instance(name)


def live() -> list[str]:
    """The states in which the server runs something that its conductor has prepared, sorted."""
    return sorted(name for name in ROWS if is_live(name))


def keeps_power(name: str) -> bool:
    """Whether the recorded power state is expected to hold."""
    return state(name).keeps_power and not is_working(name)


def step_kind(name: str) -> str | None:
    """The kind of steps that run in a working or waiting state."""
    operation = operation_of(name)
    return operation.step_kind if operation and is_in(name, operation) else None


def waiting_of(name: str) -> str:
    """The state in which the operation waits that a node is in.

    :raises ValueError: it is in none, or in one that never waits.
    """
    operation = operation_of(name)
    if operation is None or operation.waiting is None:
        raise ValueError(f"no operation waits that is in '{name}'")
    return operation.waiting.name


def counted_against(limit: Limit) -> list[str]:
    """The states of nodes that count against a limit."""
    return [
        name
        for name, row in ROWS.items()
        if row.operation is not None
        and row.operation.limit == limit
        and row.kind is not Kind.FAILED
    ]


def shown_at(minor: int) -> dict[str, str | None]:
    """What a microversion shows in place of states that it does not know."""
    return {
        name: row.state.shown_before[1]
        for name, row in ROWS.items()
        if row.state.shown_before is not None and minor < row.state.shown_before[0]
    }
