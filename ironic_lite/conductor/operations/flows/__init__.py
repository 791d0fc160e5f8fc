# SPDX-License-Identifier: Apache-2.0
"""The operations on a node: each module has the functions of one; ``common.operations`` declares them.

:func:`start` starts an operation by its verb, under an exclusive lock: it makes the checks whose errors the client
gets, moves the node, and hands the work to the worker pool. The other functions find the flow by the node's state:
for a heartbeat, a timeout, a lost agent, or a conductor that has died.
"""

import pkgutil
from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, operations
from ironic_lite.common import journal as terms
from ironic_lite.common.boot_progress import Progress
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.conductor.agents import boots, lost_agents
from ironic_lite.conductor.hardware import power
from ironic_lite.conductor.operations import background, engine, failure, journal, steps
from ironic_lite.conductor.operations.flows import checks, discover
from ironic_lite.conductor.operations.flows.registry import ALL, BY_NAME, flow_of
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)

__all__ = [
    "ALL",
    "awaited_data_is_saved",
    "boot_stalled",
    "fail",
    "flow_of",
    "lost_agent",
    "may_lose_agent",
    "needs_conductor",
    "recover",
    "resume",
    "start",
    "timed_out",
]

_STARTS: dict[str, Callable[..., None]] = {
    verb.event: pkgutil.resolve_name(verb.start) for verb in operations.VERBS
}
"""``{event: the function that starts its operation}``."""

_NO_CALL = "the agent did not call within the configured time"
_TIMEOUT_ADVICE = (
    "Look at the server's console: did it boot from the network, did it get the node's boot script, does its ramdisk "
    "reach the API?"
)
_SILENCE_ADVICE = (
    "the agent has called last at {since}. Look at the server's console: has the ramdisk crashed, was the server "
    "powered off, does it still reach the API? Then try again"
)


def start(task: TaskManager, event: str, arguments: dict[str, Any]) -> None:
    """Start the operation of a verb.

    :param event: the verb's event of the state machine.
    :param arguments: the verb's arguments by their declared names.
    :raises NodeInMaintenance, NodeProtected, Invalid: when a field of the node bars the verb.
    :raises InvalidStateRequested: when the node's state does not allow the verb.
    :raises NoFreeConductorWorker: when no worker is free.
    """
    verb = operations.VERB_OF.get(event)
    if verb is None:
        raise exception.InvalidStateRequested(
            action=event, node=task.node.uuid, state=task.node.provision_state
        )
    checks.not_barred(task, verb)
    checks.actionable(task, verb)
    if machine.only_moves(task.node.provision_state, event):
        task.process_event(event)
    else:
        _STARTS[event](task, **arguments)


def resume(task: TaskManager) -> None:
    """Continue the flow of a waiting node, if it has one, after a heartbeat of its agent."""
    if provision_states.is_waiting(task.node.provision_state):
        flow = flow_of(task)
        if flow.by_heartbeat:
            engine.resume(task, flow)


def fail(task: TaskManager, message: str) -> None:
    """Fail the node's flow, with this message in ``last_error``."""
    failure.fail(task, flow_of(task), message)


def lost_agent(task: TaskManager, reason: str) -> None:
    """Continue or fail the flow of a waiting or held node whose agent is gone.

    :param reason: what happened to the agent; ``last_error`` may begin with it.
    """
    flow = flow_of(task)
    if provision_states.is_held(task.node.provision_state):
        lost_agents.hold(task, flow)
        task.node.save()
    else:
        engine.continue_without_agent(task, flow, reason)


def may_lose_agent(task: TaskManager) -> bool:
    """Return whether a node waits for an agent, or is held while one runs."""
    state = task.node.provision_state
    if provision_states.is_held(state):
        return bool(task.driver.deploy.uses_agent)
    return provision_states.is_waiting(state) and lost_agents.is_expected(task, flow_of(task))


def timed_out(task: TaskManager) -> None:
    """Fail a waiting flow whose wait timeout has passed."""
    flow, node = flow_of(task), task.node
    journal.note(task, terms.TIMEOUT, node.provision_state, terms.FAILED)
    what = f"The {flow.name} timed out while in '{node.provision_state}'"
    step = flow.step(node)
    if step and node.agent_last_heartbeat is not None:
        advice = _SILENCE_ADVICE.format(since=node.agent_last_heartbeat.isoformat("T", "seconds"))
        fail(task, f"{what}, at step {steps.label(step)}: {advice}.")
        return
    boot = boots.progress(task) if boots.is_watched(task, flow) else None
    if boot is None:
        fail(task, f"{what}: {_NO_CALL}. {_TIMEOUT_ADVICE} Then try again.")
    else:
        fail(task, f"{what}: {_NO_CALL}; {boot.sentence()}. {boot.stage.advice} Then try again.")


def boot_stalled(task: TaskManager, boot: Progress) -> None:
    """Boot the server of a waiting node again, or fail its flow after the last attempt.

    :param boot: how far the server has come.
    """
    engine.boot_again(task, flow_of(task), boot)


def awaited_data_is_saved(task: TaskManager) -> bool:
    """Return whether data is stored that the node waits for, or that its discovery has left."""
    if discover.has_unprocessed_data(task):
        return True
    if not provision_states.is_waiting(task.node.provision_state):
        return False
    flow = flow_of(task)
    return flow.awaited_data_is_saved is not None and flow.awaited_data_is_saved(task)


def needs_conductor(node: Any) -> bool:
    """Return whether the node has an operation that continues only if a conductor takes it up.

    A waiting node does not need that: its agent's next heartbeat reaches the new conductor, or its wait times out.
    """
    state = node.provision_state
    rests = provision_states.is_paused(state)
    return (
        provision_states.is_working(state)
        or node.target_power_state is not None
        or (node.operation is not None and not rests)
    )


def recover(task: TaskManager) -> None:
    """Continue an interrupted operation on a node. Runs in a worker, under the lock."""
    node = task.node
    if discover.has_unprocessed_data(task):
        discover.take_in(task)
        return
    if awaited_data_is_saved(task):
        engine.continue_with_data(task, flow_of(task))
        return
    if provision_states.is_working(node.provision_state):
        flow = flow_of(task)
        LOG.info("Node %s: taking up its %s where it was left off", node.uuid, flow.name)
        engine.recover(task, flow)
        return
    power.take_up(task)
    if not needs_conductor(node):
        return
    begun = _flow_begun(task)
    if begun is None:
        background.give_up(task)
    elif failure.is_failing(node):
        # The operation was aborted, and its conductor died while it cleaned up.
        engine.recover(task, begun)
    else:
        # A conductor of an older release, which keeps no journal, has ended it.
        journal.end(task, begun.name, terms.DONE)
        node.save()


def _flow_begun(task: TaskManager) -> engine.Flow | None:
    """Return the flow of the operation in the node's journal, whatever the node's state; None if it is no flow."""
    names = (e["subject"] for e in journal.of_operation(task) if e["kind"] == terms.OPERATION)
    name = next(names, "")
    return BY_NAME.get(name)
