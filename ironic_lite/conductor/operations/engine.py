# SPDX-License-Identifier: Apache-2.0
"""The engine that runs every operation on a node: deploying, cleaning, verifying, tearing down, ...

An operation is a :class:`Flow`: a declaration and a few functions. The engine prepares the node, runs the steps one
after the other, and finishes. It releases the node's lock while the agent works and continues on the agent's next
heartbeat. Before it acts, it saves its position on the node and its action in the node's journal, so that any
conductor can continue.
"""

import contextlib
from collections.abc import Iterator

from oslo_log import log

from ironic_lite.common import exception, operations, states
from ironic_lite.common import journal as terms
from ironic_lite.common.boot_progress import Progress
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.agents import boots, lost_agents
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.operations import (
    child_node_steps,
    failure,
    handover,
    journal,
    recovery,
    steps,
    wait_timeouts,
)
from ironic_lite.conductor.operations.flow import Flow, nothing
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

__all__ = [
    "Flow",
    "boot_again",
    "continue_with_data",
    "continue_without_agent",
    "follow",
    "recover",
    "resume",
    "run",
    "start",
]

LOG = log.getLogger(__name__)

_PREPARE = recovery.PREPARE
"""The position before the first step."""


class _HandedOver(Exception):
    """This conductor is stopping and has saved the flow's position for another conductor."""


def start(
    task: TaskManager,
    flow: Flow,
    event: str,
    requested: list[Step] | None = None,
) -> None:
    """Enter a flow's working state and run the flow on the worker pool once the caller's task ends.

    :param event: the event of its verb.
    :param requested: the client's steps, checked except for what only the agent can tell.
    :raises InvalidStateRequested: when the node's state does not allow the event.
    :raises NoFreeConductorWorker: when no worker is free; the node is unchanged.
    """
    if flow.kind:
        flow.forget_progress(task.node)
        if requested is not None:
            task.node.set_driver_internal_info(flow.requested_key, requested)
    _begin(task, flow, event, requested)
    task.node.last_error = None
    target = operations.VERB_OF[event].target
    task.process_event(event, callback=run, call_args=(task, flow), target_state=target)


def follow(task: TaskManager, flow: Flow, event: str) -> None:
    """Start a flow when another flow has ended, and run it on the same worker."""
    _begin(task, flow, event, None)
    task.process_event(event)
    run(task, flow)


def _begin(task: TaskManager, flow: Flow, event: str, requested: list[Step] | None) -> None:
    wanted = f"requested: {event}"
    if requested:
        wanted += f" with steps {', '.join(steps.label(step) for step in requested)}"
    # An earlier operation may have been cut off while it cleaned up.
    task.node.del_driver_internal_info(terms.FAILING)
    journal.begin(task, flow.name, wanted)
    journal.note(task, terms.PHASE, terms.PREPARATION, terms.STARTED)


def run(task: TaskManager, flow: Flow, position: int = _PREPARE) -> None:
    """Run a flow of a node in its working state, from its preparation or from one of its steps."""
    with _failing(task, flow):
        _drive(task, flow, position)


def resume(task: TaskManager, flow: Flow) -> None:
    """Continue a waiting flow after a heartbeat of its agent, if the agent's work has ended."""
    if failure.is_failing(task.node):
        failure.conclude(task, flow)
        return
    with _failing(task, flow):
        position = _after_wait(task, flow)
        if position is not None:
            _leave_wait(task, flow, position)
            _drive(task, flow, position)


def continue_without_agent(task: TaskManager, flow: Flow, reason: str) -> None:
    """Continue a waiting flow whose agent is gone: repeat the step if that is safe, else fail. Runs in a worker.

    :param reason: what happened to the agent.
    """
    with _failing(task, flow):
        position, again = lost_agents.position(task, flow, reason)
        if flow.kind:
            setattr(task.node, flow.step_field, {})
        task.process_event("resume")
        _drive(task, flow, position, again)


def boot_again(task: TaskManager, flow: Flow, boot: Progress) -> None:
    """Boot the server of a waiting flow again, or fail the flow after the last attempt. Runs in a worker.

    :param boot: how far the server has come.
    """
    with _failing(task, flow):
        tried = boots.attempts(task)
        if tried >= CONF.pxe.boot_attempts:
            raise exception.IronicLiteError(
                f"{boot.sentence()}, in the last of {tried} boots. {boot.stage.advice} Then try again"
            )
        boots.boot_again(task, boot)


def continue_with_data(task: TaskManager, flow: Flow) -> None:
    """Continue a flow whose awaited data is saved: run its preparation again, which reads that data.

    :raises NoFreeConductorWorker: when no worker is free; the node keeps waiting.
    """
    journal.note(task, terms.WAIT, flow.waits_for, terms.DONE)
    task.process_event("resume", callback=run, call_args=(task, flow))


def unhold(task: TaskManager, flow: Flow) -> None:
    """Continue a held flow after its ``hold`` step, on the worker pool.

    :raises NoFreeConductorWorker: when no worker is free.
    """
    position = _position_after_hold(task, flow)
    # Both moves are one write: if this conductor died in the wait state between them, nothing would end the wait.
    task.process_event("unhold", then="resume", callback=run, call_args=(task, flow, position))


def _position_after_hold(task: TaskManager, flow: Flow) -> int:
    """Return the position after the hold; the preparation's if the node does not say at which step it is held."""
    node, step = task.node, flow.step(task.node)
    position = flow.place(node)
    journal.note(task, terms.HOLD, flow.name, terms.DONE)
    setattr(node, flow.step_field, {})
    if position is None:
        LOG.warning(
            "Node %s: no step is on record for its %s: it begins anew", node.uuid, flow.name
        )
        node.del_driver_internal_info(flow.index_key)
        journal.note(task, terms.PHASE, terms.PREPARATION, terms.REPEATED)
        return _PREPARE
    # No step is recorded when an earlier unhold found no free worker.
    if step:
        journal.note(task, terms.STEP, steps.label(step), terms.DONE)
        position += 1
    node.set_driver_internal_info(flow.index_key, position)
    return position


def recover(task: TaskManager, flow: Flow) -> None:
    """Continue a flow whose conductor died or handed it over. Runs in a worker, under the lock.

    A step that was cut off is repeated, found to have taken effect, or fails the flow: see ``recovery``.
    """
    recovery.note_take_over(task)
    if failure.is_failing(task.node):
        journal.note(task, terms.PHASE, terms.CLEANING_UP, terms.REPEATED)
        task.node.save()
        failure.conclude(task, flow)
        return
    with _failing(task, flow):
        position, again = recovery.position(task, flow)
        _drive(task, flow, position, again)


def _drive(task: TaskManager, flow: Flow, position: int, again: bool = False) -> None:
    """Run the flow from ``position`` until it ends or waits.

    :param again: whether a conductor that died had begun the step at ``position``.
    """
    while True:
        _hand_over_if_stopping(task, flow, position)
        waits = _prepare(task, flow) if position == _PREPARE else False
        if not waits:
            waits = _run_steps(task, flow, max(position, 0), again)
        if not waits:
            _finish(task, flow)
            return
        if provision_states.is_held(task.node.provision_state):
            return
        seconds = wait_timeouts.patience(flow.waiting)
        journal.note(task, terms.WAIT, flow.waits_for, terms.STARTED, seconds=seconds)
        task.process_event("wait")
        if flow.awaited_data_is_saved is not None:
            if not flow.awaited_data_is_saved(task):
                return
            # The data arrived while this conductor was still preparing.
            journal.note(task, terms.WAIT, flow.waits_for, terms.DONE)
            task.process_event("resume")
            position, again = _PREPARE, False
            continue
        identity.current().watch(task.node.uuid)
        if not _heartbeat_came(task):
            return
        following = _after_wait(task, flow)
        if following is None:
            return
        _leave_wait(task, flow, following)
        position, again = following, False


def _hand_over_if_stopping(task: TaskManager, flow: Flow, position: int) -> None:
    """Save the flow's position for another conductor if this one is about to stop.

    :raises _HandedOver: when the flow is handed over; the node stays in its working state.
    """
    if not handover.is_due():
        return
    if flow.kind and position != _PREPARE:
        setattr(task.node, flow.step_field, {})
        task.node.set_driver_internal_info(flow.index_key, position)
    handover.leave(task, flow.name)
    raise _HandedOver


def _leave_wait(task: TaskManager, flow: Flow, position: int) -> None:
    """Return to the working state after a wait; the step at ``position`` has not begun."""
    journal.note(task, terms.WAIT, flow.waits_for, terms.DONE)
    if flow.kind:
        step = flow.step(task.node)
        if step:
            journal.note(task, terms.STEP, steps.label(step), terms.DONE)
        setattr(task.node, flow.step_field, {})
        task.node.set_driver_internal_info(flow.index_key, position)
    task.process_event("resume")


def _prepare(task: TaskManager, flow: Flow) -> bool:
    waits = flow.prepare(task) is not None
    journal.note(task, terms.PHASE, terms.PREPARATION, terms.DONE)
    if not waits:
        _collect(task, flow)
    return waits


def _collect(task: TaskManager, flow: Flow) -> None:
    if flow.kind:
        collected = flow.collect(task)
        task.node.set_driver_internal_info(flow.steps_key, collected)
        _record_run(task, flow, "start", collected)


def _record_run(task: TaskManager, flow: Flow, what: str, todo: list[Step]) -> None:
    """Record the start or end of a run of steps in the node's history, without arguments: they may be secret."""
    if not todo:
        return
    title, names = flow.title(task), ", ".join(steps.label(step) for step in todo)
    event = (
        f"Starting {title} with steps=[{names}]"
        if what == "start"
        else f"{title.capitalize()} completed successfully with steps=[{names}]"
    )
    node_history.record_with_node(task, f"{title.replace(' ', '_')}_{what}", event)


def _run_steps(task: TaskManager, flow: Flow, index: int, again: bool) -> bool:
    """Run steps from ``index`` on; return True when the flow has to wait before it can continue."""
    if not flow.kind:
        return False
    todo: list[Step] = task.node.driver_internal_info[flow.steps_key]
    for place, step in enumerate(todo[index:], start=index):
        _hand_over_if_stopping(task, flow, place)
        setattr(task.node, flow.step_field, step)
        task.node.set_driver_internal_info(flow.index_key, place)
        how = terms.REPEATED if again else terms.STARTED
        journal.note(task, terms.STEP, steps.label(step), how, f"{place + 1} of {len(todo)}")
        again = False
        # This write is fenced by the lock's token: it records the step and fails if the lock is lost.
        task.node.save()
        if _execute(task, flow, step):
            return True
        journal.note(task, terms.STEP, steps.label(step), terms.DONE)
    return False


def _execute(task: TaskManager, flow: Flow, step: Step) -> bool:
    LOG.info("Node %s: %s step %s", task.node.uuid, flow.name, steps.label(step))
    if steps.for_children(step):
        child_node_steps.execute(task, str(flow.kind), step)
        return False
    if steps.is_reserved(step):
        return _execute_reserved(task, flow, step)
    interface = task.driver.interface(step["interface"])
    outcome = interface.execute_step(task, str(flow.kind), step)
    if outcome is None:
        return False
    if outcome != flow.waiting:
        raise exception.IronicLiteError(f"the step returned '{outcome}', which it must not")
    return True


def _execute_reserved(task: TaskManager, flow: Flow, step: Step) -> bool:
    name = step["step"]
    if name == steps.HOLD:
        journal.note(task, terms.HOLD, flow.name, terms.STARTED)
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
    """Return the position at which a waiting flow continues; None while the agent's work still runs.

    :raises IronicLiteError: when the agent's work has failed.
    """
    index = flow.place(task.node)
    step = flow.step(task.node)
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
    """Add the deployment steps that the agent has reported since the list was made."""
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
        done = task.node.driver_internal_info[flow.steps_key]
        setattr(task.node, flow.step_field, {})
        task.node.set_driver_internal_info(flow.index_key, len(done))
    if flow.wind_up is not nothing:
        journal.note(task, terms.PHASE, terms.WINDING_UP, terms.STARTED)
        # If this conductor dies now, the next one has only the winding up to do.
        task.node.save()
        flow.wind_up(task)
        journal.note(task, terms.PHASE, terms.WINDING_UP, terms.DONE)
    if flow.kind:
        _record_run(task, flow, "end", done)
    flow.forget_progress(task.node)
    with journal.ending(task, flow.name):
        flow.finish(task)


def _heartbeat_came(task: TaskManager) -> bool:
    """Return whether the agent sent a heartbeat while the node was locked; the next one is far off."""
    before = task.node.agent_last_heartbeat
    task.node.refresh()
    now = task.node.agent_last_heartbeat
    return now is not None and now != before


@contextlib.contextmanager
def _failing(task: TaskManager, flow: Flow) -> Iterator[None]:
    """Move the flow to its failed state on any error except lost work (``WorkCutOff``)."""
    try:
        yield
    except _HandedOver:
        return
    except exception.AgentLost as exc:
        continue_without_agent(task, flow, exc.message)
    except exception.WorkCutOff:
        # The node has not failed: another conductor holds it now, or the database cannot be reached.
        raise
    except Exception as exc:
        if not isinstance(exc, exception.IronicLiteError):
            LOG.exception("Node %s: unexpected error", task.node.uuid)
        failure.fail_with(task, flow, exc)
