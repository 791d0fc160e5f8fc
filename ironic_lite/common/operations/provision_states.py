# SPDX-License-Identifier: Apache-2.0
"""The table of provision states, and functions that read it.

An undeclared state, such as one of a package that only another process has, has no kind and allows nothing.
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
    """One row of the table.

    :param operation: operation of the state; None for states between operations.
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
"""State name -> its row."""

_UNKNOWN = State("")


def kind_of(name: str | None) -> Kind | None:
    """Return the kind of a state; None when it is not declared."""
    row = ROWS.get(name or "")
    return row.kind if row else None


def state(name: str) -> State:
    row = ROWS.get(name)
    return row.state if row else _UNKNOWN


def operation_of(name: str) -> Operation | None:
    """Return the operation of a state; None for states between operations."""
    row = ROWS.get(name)
    return row.operation if row else None


def names(*kinds: Kind) -> list[str]:
    """Return all states of these kinds, sorted."""
    return sorted(name for name, row in ROWS.items() if row.kind in kinds)


def is_stable(name: str) -> bool:
    """Tell whether a node rests in this state until the next request."""
    return kind_of(name) is Kind.STABLE


def is_working(name: str) -> bool:
    """Tell whether a conductor works on a node in this state, and has it locked."""
    return kind_of(name) is Kind.WORKING


def is_waiting(name: str) -> bool:
    return kind_of(name) is Kind.WAITING


def is_held(name: str) -> bool:
    """Tell whether an operation is held in this state until ``unhold``."""
    return kind_of(name) is Kind.HELD


def is_paused(name: str) -> bool:
    """Tell whether an operation waits or is held in this state."""
    return kind_of(name) in (Kind.WAITING, Kind.HELD)


def is_failed(name: str) -> bool:
    return kind_of(name) is Kind.FAILED


def is_in(name: str, operation: Operation) -> bool:
    """Tell whether this operation is active in the state: working or waiting, but not held or failed."""
    row = ROWS.get(name)
    return (
        row is not None and row.operation is operation and row.kind in (Kind.WORKING, Kind.WAITING)
    )


def names_in(operation: Operation) -> list[str]:
    """Return the working and waiting states of an operation, sorted."""
    return sorted(name for name in ROWS if is_in(name, operation))


def allows(name: str, change: Change) -> bool:
    return change in state(name).allows


def allowing(change: Change) -> list[str]:
    """Return the states that allow a change, sorted."""
    return sorted(name for name, row in ROWS.items() if change in row.state.allows)


def expects_agent(name: str) -> bool:
    """Tell whether an agent on the server may look its node up in this state."""
    row = ROWS.get(name)
    return (
        row is not None
        and row.operation is not None
        and row.operation.waiting is not None
        and row.kind is not Kind.FAILED
    )


def rests_with_instance(name: str) -> bool:
    return is_stable(name) and state(name).carries_instance


def is_live(name: str) -> bool:
    """Tell whether the server may run something that its conductor has prepared."""
    return is_waiting(name) or rests_with_instance(name)


def live() -> list[str]:
    """Return the states in which the server may run something that its conductor has prepared, sorted."""
    return sorted(name for name in ROWS if is_live(name))


def keeps_power(name: str) -> bool:
    """Tell whether power sync enforces the recorded power state."""
    return state(name).keeps_power and not is_working(name)


def step_kind(name: str) -> str | None:
    """Return the kind of steps in a working or waiting state."""
    operation = operation_of(name)
    return operation.step_kind if operation and is_in(name, operation) else None


def waiting_of(name: str) -> str:
    """Return the wait state of a state's operation.

    :raises ValueError: the state has no operation, or one that never waits.
    """
    operation = operation_of(name)
    if operation is None or operation.waiting is None:
        raise ValueError(f"the state '{name}' has no operation that waits")
    return operation.waiting.name


def counted_against(limit: Limit) -> list[str]:
    return [
        name
        for name, row in ROWS.items()
        if row.operation is not None
        and row.operation.limit == limit
        and row.kind is not Kind.FAILED
    ]


def shown_at(minor: int) -> dict[str, str | None]:
    """Return what a microversion shows instead of states that it does not know."""
    return {
        name: row.state.shown_before[1]
        for name, row in ROWS.items()
        if row.state.shown_before is not None and minor < row.state.shown_before[0]
    }
