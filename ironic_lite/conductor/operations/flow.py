# SPDX-License-Identifier: Apache-2.0
"""The functions of one kind of operation, for the engine. What else it is, its declaration says."""

import dataclasses
from collections.abc import Callable
from typing import Any

from ironic_lite.common.operations.declaration import Operation
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager


def nothing(_task: TaskManager) -> None:
    """Nothing has to be done."""
    return


def _no_steps(_task: TaskManager) -> list[Step]:
    return []


def _has_work(_task: TaskManager) -> str | None:
    return None


def _change_nothing(_task: TaskManager, _step: Step, _message: str) -> None:
    return None


@dataclasses.dataclass(frozen=True)
class Flow:
    """One kind of operation.

    Its functions may be run again: a conductor that takes the operation over from a dead one begins with the phase
    that was cut off.

    :param operation: its declaration.
    :param prepare: runs before the steps; returns ``waiting`` when they have to wait for the agent.
    :param collect: the steps to run, asked once everything is prepared.
    :param wind_up: runs after the last step.
    :param finish: moves the node out of ``working``.
    :param clean_up: undoes ``prepare`` after a failure; what it raises is added to ``last_error``.
    :param before_fail: last changes to the node's record before a failure is saved; gets the step that failed.
    :param title: how the history calls a run of steps: ``manual cleaning``.
    :param has_come: whether what it waits for is on record already, where that is something that ``engine.arrived``
        tells of; None where it waits for the agent's heartbeats.
    :param goal: where a node comes to rest that it was asked for; None: where the verb says.
    :param idle: asked before the preparation by who rehearses it: why there is nothing to do; None: there is.
    """

    operation: Operation
    prepare: Callable[[TaskManager], str | None]
    finish: Callable[[TaskManager], None]
    collect: Callable[[TaskManager], list[Step]] = _no_steps
    wind_up: Callable[[TaskManager], None] = nothing
    clean_up: Callable[[TaskManager], None] = nothing
    before_fail: Callable[[TaskManager, Step, str], None] = _change_nothing
    title: Callable[[TaskManager], str] = lambda _task: ""
    has_come: Callable[[TaskManager], bool] | None = None
    goal: Callable[[Any], str] | None = None
    idle: Callable[[TaskManager], str | None] = _has_work

    @property
    def name(self) -> str:
        """How messages call it: ``deployment``, ``cleaning``."""
        return self.operation.name

    @property
    def working(self) -> str:
        """Provision state while a conductor works on it."""
        return self.operation.working.name

    @property
    def waiting(self) -> str | None:
        """Provision state while the agent works; None where the flow never waits."""
        return self.operation.waiting.name if self.operation.waiting else None

    @property
    def kind(self) -> str | None:
        """Kind of its steps (``clean``, ``deploy``, ``service``); None where it has none."""
        return self.operation.step_kind

    @property
    def waits_for(self) -> str:
        """What it waits for, in words."""
        return self.operation.waits_for

    @property
    def by_heartbeat(self) -> bool:
        """Whether it waits for the agent's heartbeats."""
        return self.has_come is None

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
        """The node's current step; empty between steps and where the flow has none."""
        return dict(getattr(node, self.step_field)) if self.kind else {}

    def place(self, node: Any) -> int | None:
        """Place of the current step in the list of all steps; None where there are none or the record lacks either."""
        if not self.kind:
            return None
        info = node.driver_internal_info
        index, listed = info.get(self.index_key), info.get(self.steps_key)
        told = isinstance(listed, list) and isinstance(index, int) and 0 <= index <= len(listed)
        return index if told else None
