# SPDX-License-Identifier: Apache-2.0
"""The one engine that runs every operation on a node: deploying, cleaning, verifying, tearing down, ...

An operation is a :class:`Flow`: data, and three functions of its own. The engine prepares, runs the steps one
after the other, and finishes; it lets go of the node while the agent works, and takes it up again when the agent
has called. Everything it needs to go on is on the node's record before it acts, so that any conductor can go on.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction, states
from ironic_lite.conductor import history, steps
from ironic_lite.conductor.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces import steps as step_specs

LOG = log.getLogger(__name__)


def _nothing(_task: TaskManager) -> None:
    return None


def _no_steps(_task: TaskManager) -> list[Step]:
    return []


@dataclasses.dataclass(frozen=True)
class Flow:
    """One kind of operation, as data.

    :param name: how messages call it: ``deployment``, ``cleaning``.
    :param working: provision state while a conductor works on it.
    :param waiting: provision state while the agent works; None where the flow never waits.
    :param kind: kind of its steps (``clean``, ``deploy``, ``service``); None where it has none.
    :param prepare: runs before the steps; returns ``waiting`` when they have to wait for the agent.
    :param collect: the steps to run, asked once everything is prepared.
    :param wind_up: runs after the last step; may be run again by another conductor.
    :param finish: moves the node out of ``working``.
    :param clean_up: undoes ``prepare`` after a failure; what it raises is added to ``last_error``.
    :param before_fail: last changes to the node's record before a failure is saved; gets the step that failed.
    :param event_type: what the node's history files failures under.
    :param title: how the history calls a run of steps: ``manual cleaning``.
    :param by_heartbeat: it waits for the agent's heartbeats; else for something that :func:`answered` brings.
    """

    name: str
    working: str
    event_type: str
    prepare: Callable[[TaskManager], str | None]
    finish: Callable[[TaskManager], None]
    waiting: str | None = None
    kind: str | None = None
    collect: Callable[[TaskManager], list[Step]] = _no_steps
    wind_up: Callable[[TaskManager], None] = _nothing
    clean_up: Callable[[TaskManager], None] = _nothing
    before_fail: Callable[[TaskManager, Step, str], None] = lambda _task, _step, _message: None
    title: Callable[[TaskManager], str] = lambda _task: ""
    by_heartbeat: bool = True

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


_PREPARE = -1
"""The position before the first step."""


def start(
    task: TaskManager,
    flow: Flow,
    event: str,
    requested: list[Step] | None = None,
    target_state: str | None = None,
) -> None:
    """Enter a flow's working state and run it on the worker pool once the caller lets go of the task.

    :param event: the event of the state machine that starts it.
    :param requested: steps that the client asked for, already checked as far as they can be by now.
    :raises InvalidStateRequested: when the node is in no state for it.
    :raises NoFreeConductorWorker: when no worker is free; the node is as it was then.
    """
    if flow.kind:
        _forget_progress(task, flow)
        if requested is not None:
            task.node.set_driver_internal_info(flow.requested_key, requested)
    task.node.last_error = None
    task.process_event(event, callback=run, call_args=(task, flow), target_state=target_state)


def run(task: TaskManager, flow: Flow, position: int = _PREPARE) -> None:
    """Run a flow of a node in its working state, from its preparation or from one of its steps."""
    with _failing(task, flow):
        _drive(task, flow, position)


def resume(task: TaskManager, flow: Flow) -> None:
    """Go on with a waiting flow if what it waits for has ended. Called when the agent has called."""
    with _failing(task, flow):
        position = _after_wait(task, flow)
        if position is not None:
            _take_up(task, flow, position)
            _drive(task, flow, position)


def answered(task: TaskManager, flow: Flow, take_in: Callable[[TaskManager], None]) -> None:
    """What a flow without steps waited for has come: take it in, and finish. Runs in a worker, under the lock."""
    with _failing(task, flow):
        task.process_event("resume")
        take_in(task)
        _finish(task, flow)


def recover(task: TaskManager, flow: Flow) -> None:
    """Go on with a flow whose conductor died at work, or fail it where that could do harm."""
    with _failing(task, flow):
        index = task.node.driver_internal_info.get(flow.index_key) if flow.kind else None
        if index is None:
            _drive(task, flow, _PREPARE)
            return
        step = getattr(task.node, flow.step_field)
        if step and not steps.is_reserved(step) and not _repeatable(task, flow, step):
            raise exception.IronicLiteError(
                "the conductor that ran it died, and nobody knows how far it got. Check the server, "
                "then start the operation again"
            )
        _drive(task, flow, index)


def fail(task: TaskManager, flow: Flow, message: str) -> None:
    """End a flow badly: clean up, record why, and leave the node where it can be retried.

    :param message: what ``last_error`` says.
    """
    node = task.node
    LOG.error("Node %s: %s", node.uuid, message)
    step = dict(getattr(node, flow.step_field)) if flow.kind else {}
    problem = _clean_up(task, flow)
    if problem:
        message = f"{message} Cleaning up after it failed as well: {problem}."
    flow.before_fail(task, step, message)
    history.record(task, flow.event_type, message, error=True)
    _forget_progress(task, flow)
    node.last_error = message
    task.process_event("fail")


def abort(task: TaskManager, flow: Flow) -> None:
    """Stop a waiting or held flow because the operator asks for it.

    A step that cannot be aborted is left to end; the flow stops behind it.

    :raises NoFreeConductorWorker: when no worker is free for cleaning up.
    """
    node = task.node
    step = dict(getattr(node, flow.step_field)) if flow.kind else {}
    if step and flow.kind != step_specs.DEPLOY and not step.get("abortable"):
        setattr(node, flow.step_field, {**step, "abort_after": True})
        node.save()
        LOG.info("Node %s: %s will stop after step %s", node.uuid, flow.name, steps.label(step))
        return
    task.process_event("abort", callback=_aborted, call_args=(task, flow))


def _aborted(task: TaskManager, flow: Flow) -> None:
    node = task.node
    step = getattr(node, flow.step_field) if flow.kind else {}
    message = f"The {flow.name} was aborted by request" + _at(step) + "."
    problem = _clean_up(task, flow)
    _forget_progress(task, flow)
    node.last_error = f"{message} Cleaning up failed: {problem}" if problem else message
    history.record(task, flow.event_type, node.last_error, error=True)
    node.save()


def _drive(task: TaskManager, flow: Flow, position: int) -> None:
    while True:
        waits = _prepare(task, flow) if position == _PREPARE else False
        if not waits:
            waits = _run_steps(task, flow, max(position, 0))
        if not waits:
            _finish(task, flow)
            return
        if task.node.provision_state in states.HELD:
            return
        task.process_event("wait")
        if not flow.by_heartbeat or not _called_meanwhile(task):
            return
        following = _after_wait(task, flow)
        if following is None:
            return
        _take_up(task, flow, following)
        position = following


def _take_up(task: TaskManager, flow: Flow, position: int) -> None:
    """Back to work: what was waited for is done, and the step at ``position`` has not begun."""
    if flow.kind:
        setattr(task.node, flow.step_field, {})
        task.node.set_driver_internal_info(flow.index_key, position)
    task.process_event("resume")


def _prepare(task: TaskManager, flow: Flow) -> bool:
    if flow.prepare(task) is not None:
        return True
    _collect(task, flow)
    return False


def _collect(task: TaskManager, flow: Flow) -> None:
    if flow.kind:
        collected = flow.collect(task)
        task.node.set_driver_internal_info(flow.steps_key, collected)
        _tell(task, flow, "start", collected)


def _tell(task: TaskManager, flow: Flow, what: str, todo: list[Step]) -> None:
    """Note the start or the end of a run of steps in the node's history; their arguments may be secret."""
    if not todo:
        return
    title, names = flow.title(task), ", ".join(steps.label(step) for step in todo)
    event = (
        f"Starting {title} with steps=[{names}]"
        if what == "start"
        else f"{title.capitalize()} completed successfully with steps=[{names}]"
    )
    history.record(task, f"{title.replace(' ', '_')}_{what}", event)


def _run_steps(task: TaskManager, flow: Flow, index: int) -> bool:
    """Run steps from ``index`` on; True when the flow has to wait before it can go on."""
    if not flow.kind:
        return False
    todo: list[Step] = task.node.driver_internal_info[flow.steps_key]
    for place, step in enumerate(todo[index:], start=index):
        setattr(task.node, flow.step_field, step)
        task.node.set_driver_internal_info(flow.index_key, place)
        # Fenced: from here on the step is on record, and the lock was ours a moment ago.
        task.node.save()
        if _execute(task, flow, step):
            return True
    return False


def _execute(task: TaskManager, flow: Flow, step: Step) -> bool:
    LOG.info("Node %s: %s step %s", task.node.uuid, flow.name, steps.label(step))
    if steps.is_reserved(step):
        return _execute_reserved(task, step)
    interface = getattr(task.driver, step["interface"])
    outcome = getattr(interface, f"execute_{flow.kind}_step")(task, step)
    if outcome is None:
        return False
    if outcome != flow.waiting:
        raise exception.IronicLiteError(f"the step returned '{outcome}', which it must not")
    return True


def _execute_reserved(task: TaskManager, step: Step) -> bool:
    name = step["step"]
    if name == steps.HOLD:
        task.process_event("hold")
        return True
    if name == steps.WAIT:
        return True
    task.set_power(
        {
            steps.POWER_ON: states.POWER_ON,
            steps.POWER_OFF: states.POWER_OFF,
            steps.REBOOT: states.REBOOT,
        }[name]
    )
    return False


def _after_wait(task: TaskManager, flow: Flow) -> int | None:
    """Where a waiting flow goes on; None while what it waits for still runs.

    :raises IronicLiteError: when what it waited for has failed.
    """
    info = task.node.driver_internal_info
    index = info.get(flow.index_key) if flow.kind else None
    step = getattr(task.node, flow.step_field) if flow.kind else {}
    if not (step and steps.is_reserved(step)) and not task.driver.deploy.heartbeat(task):
        return None
    if step.get("abort_after"):
        raise exception.IronicLiteError("aborted by request as soon as the step had ended")
    if index is None:
        _collect(task, flow)
        return 0
    _extend(task, flow, index)
    return index + 1


def _extend(task: TaskManager, flow: Flow, index: int) -> None:
    """Take up steps that the agent has brought since the list was made."""
    if flow.kind != step_specs.DEPLOY:
        return
    listed: list[Step] = task.node.driver_internal_info[flow.steps_key]
    done = listed[: index + 1]
    ran = {steps.identity(s) for s in done}
    rest = [s for s in flow.collect(task) if steps.identity(s) not in ran]
    if rest != listed[index + 1 :]:
        task.node.set_driver_internal_info(flow.steps_key, done + rest)


def _finish(task: TaskManager, flow: Flow) -> None:
    if flow.kind:
        # Should this conductor die now, the next one has only the winding up to do.
        setattr(task.node, flow.step_field, {})
        done = task.node.driver_internal_info[flow.steps_key]
        task.node.set_driver_internal_info(flow.index_key, len(done))
    flow.wind_up(task)
    if flow.kind:
        _tell(task, flow, "end", done)
    _forget_progress(task, flow)
    flow.finish(task)


def _forget_progress(task: TaskManager, flow: Flow) -> None:
    if not flow.kind:
        return
    node = task.node
    if getattr(node, flow.step_field):
        setattr(node, flow.step_field, {})
    info = node.driver_internal_info
    if info.get(flow.steps_key) is not None or flow.steps_key not in info:
        node.set_driver_internal_info(flow.steps_key, None)
    for key in (flow.index_key, flow.requested_key):
        if key in info:
            node.del_driver_internal_info(key)


def _clean_up(task: TaskManager, flow: Flow) -> str | None:
    """Undo the preparation; returns what went wrong with that."""
    try:
        flow.clean_up(task)
    except exception.NodeLockLost:
        raise
    except Exception as exc:
        LOG.exception("Node %s: cleaning up after the %s failed", task.node.uuid, flow.name)
        return str(exc) or type(exc).__name__
    return None


def _repeatable(task: TaskManager, flow: Flow, step: Step) -> bool:
    interface = getattr(task.driver, step["interface"])
    spec = interface.step_spec(flow.kind, step["step"])
    # A step without a declaration of ours runs in the agent, which takes one command at a time and keeps
    # its results: asking again finds the command, and starts no second one.
    return spec is None or spec.repeatable


def _called_meanwhile(task: TaskManager) -> bool:
    """Whether the agent called while we were at work: its call found the node busy and will not be repeated soon."""
    before = task.node.agent_last_heartbeat
    task.node.refresh()
    now = task.node.agent_last_heartbeat
    return now is not None and now != before


def _at(step: dict[str, Any]) -> str:
    return f" at step {steps.label(step)}" if step else ""


@contextlib.contextmanager
def _failing(task: TaskManager, flow: Flow) -> Iterator[None]:
    """Turn whatever goes wrong into the flow's failed state."""
    try:
        yield
    except exception.NodeLockLost:
        # Not a failure of the node, which is another conductor's by now.
        raise
    except Exception as exc:
        if not isinstance(exc, exception.IronicLiteError):
            LOG.exception("Node %s: unexpected error", task.node.uuid)
        _fail_with(task, flow, exc)


def _fail_with(task: TaskManager, flow: Flow, exc: Exception) -> None:
    step = getattr(task.node, flow.step_field) if flow.kind else {}
    cause = redaction.mask_text(str(exc)) or type(exc).__name__
    message = f"The {flow.name} failed{_at(step)}: {cause}"
    if not message.endswith((".", "!", "?")):
        message += "."
    fail(task, flow, message)
