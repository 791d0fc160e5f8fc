# SPDX-License-Identifier: Apache-2.0
"""The functions of one kind of operation, for the engine; ``common.operations`` declares the rest of it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from ironic_lite.common.operations.declaration import Operation
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager


def nothing(*_: Any) -> None:
    """Do nothing."""


def _no_steps(_task: TaskManager) -> list[Step]:
    return []


def _done(task: TaskManager) -> None:
    task.process_event("done")


@dataclasses.dataclass(frozen=True)
class Flow:
    """One kind of operation.

    Its functions have to bear repetition: a conductor that takes the operation over from a dead one repeats the phase
    that was cut off.

    :param operation: its declaration.
    :param prepare: runs before the steps; returns the wait state when the flow has to wait, else None.
    :param collect: returns the steps to run; called after the preparation.
    :param wind_up: runs after the last step.
    :param finish: moves the node out of ``working``.
    :param clean_up: undoes ``prepare`` after a failure; the engine adds the message of its error to ``last_error``.
    :param before_fail: changes the node before a failure is saved; gets the step that failed and the message.
    :param title: returns the history's name for a run of steps: ``manual cleaning``.
    :param awaited_data_is_saved: returns whether the awaited data is saved already (see
        ``engine.continue_with_data``); None for a flow that waits for the agent's heartbeats.
    :param goal: returns the state that a successful operation ends in; None: the target of the verb.
    :param idle: for plans: returns why there is nothing to do, or None when there is something.
    """

    operation: Operation
    prepare: Callable[[TaskManager], str | None]
    finish: Callable[[TaskManager], None] = _done
    collect: Callable[[TaskManager], list[Step]] = _no_steps
    wind_up: Callable[[TaskManager], None] = nothing
    clean_up: Callable[[TaskManager], None] = nothing
    before_fail: Callable[[TaskManager, Step, str], None] = nothing
    title: Callable[[TaskManager], str] = lambda _task: ""
    awaited_data_is_saved: Callable[[TaskManager], bool] | None = None
    goal: Callable[[Any], str] | None = None
    idle: Callable[[TaskManager], str | None] = nothing

    @property
    def name(self) -> str:
        """The operation's name in messages: ``deployment``, ``cleaning``."""
        return self.operation.name

    @property
    def working(self) -> str:
        """The provision state while a conductor works."""
        return self.operation.working.name

    @property
    def waiting(self) -> str | None:
        """The provision state while the agent works; None for a flow that never waits."""
        return self.operation.waiting.name if self.operation.waiting else None

    @property
    def kind(self) -> str | None:
        """The kind of its steps (``clean``, ``deploy``, ``service``); None for a flow without steps."""
        return self.operation.step_kind

    @property
    def waits_for(self) -> str:
        return self.operation.waits_for

    @property
    def by_heartbeat(self) -> bool:
        return self.awaited_data_is_saved is None

    @property
    def step_field(self) -> str:
        """The node's field that shows the current step."""
        return f"{self.kind}_step"

    @property
    def steps_key(self) -> str:
        """Key in ``driver_internal_info``: all steps of the running operation."""
        return f"{self.kind}_steps"

    @property
    def index_key(self) -> str:
        """Key in ``driver_internal_info``: place of the current step in that list."""
        return f"{self.kind}_step_index"

    @property
    def requested_key(self) -> str:
        """Key in ``driver_internal_info``: what the client asked for."""
        return f"user_{self.kind}_steps"

    def step(self, node: Any) -> Step:
        """Return the node's current step; empty between steps and for a flow without steps."""
        return dict(getattr(node, self.step_field)) if self.kind else {}

    def place(self, node: Any) -> int | None:
        """Return the current step's index in the list of steps; None without steps or a valid index and list."""
        if not self.kind:
            return None
        info = node.driver_internal_info
        index, listed = info.get(self.index_key), info.get(self.steps_key)
        is_valid = isinstance(listed, list) and isinstance(index, int) and 0 <= index <= len(listed)
        return index if is_valid else None

    def forget_progress(self, node: Any) -> None:
        """Remove the steps and the position of an operation from the node."""
        if not self.kind:
            return
        if getattr(node, self.step_field):
            setattr(node, self.step_field, {})
        info = node.driver_internal_info
        if info.get(self.steps_key) is not None or self.steps_key not in info:
            node.set_driver_internal_info(self.steps_key, None)
        for key in (self.index_key, self.requested_key):
            node.del_driver_internal_info(key)
