# SPDX-License-Identifier: Apache-2.0
"""The operations on a node. Each module has what is its operation's own; the engine runs them all.

``<flow>.start(task, ...)`` is called under an exclusive lock, checks what can be checked at once (the client gets
the error), moves the node and hands the work to the worker pool. The functions here find the flow by the node's
state: for a heartbeat, a timeout, an abort, and for a node whose conductor has died.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor import background, engine, journal, lost_agents, power, steps
from ironic_lite.conductor.flows import (
    adopt,
    checks,
    clean,
    deploy,
    inspect,
    rescue,
    service,
    tear_down,
    verify,
)
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)

__all__ = [
    "abort",
    "act",
    "adopt",
    "clean",
    "deploy",
    "fail",
    "inspect",
    "is_left_off",
    "lost_agent",
    "may_lose_agent",
    "recover",
    "rescue",
    "resume",
    "service",
    "tear_down",
    "timed_out",
    "unhold",
    "verify",
]

ALL = (
    verify.FLOW,
    clean.FLOW,
    deploy.FLOW,
    tear_down.FLOW,
    adopt.FLOW,
    inspect.FLOW,
    rescue.RESCUE,
    rescue.UNRESCUE,
    service.FLOW,
)

_HOLDING = {
    states.CLEANHOLD: states.CLEANING,
    states.DEPLOYHOLD: states.DEPLOYING,
    states.SERVICEHOLD: states.SERVICING,
}

_WORKING_OF = (
    {flow.working: flow.working for flow in ALL}
    | {flow.waiting: flow.working for flow in ALL if flow.waiting}
    | _HOLDING
)

_BY_WORKING = {flow.working: flow for flow in ALL}

_TIMEOUT_ADVICE = (
    "the agent did not call within the configured time. Look at the server's console: did it boot from the "
    "network, did it get the node's boot script, does its ramdisk reach the API? Then try again"
)
_SILENCE_ADVICE = (
    "the agent has called last at {since}. Look at the server's console: has the ramdisk crashed, was the server "
    "powered off, does it still reach the API? Then try again"
)


def flow_of(task: TaskManager) -> engine.Flow:
    """The flow that a node in a working, waiting or holding state is in.

    :raises InvalidState: when it is in none.
    """
    state = task.node.provision_state
    working = _WORKING_OF.get(state)
    if working is None:
        raise exception.InvalidState(f"Node {task.node.uuid} is '{state}'; nothing runs on it.")
    return _BY_WORKING[working]


def act(task: TaskManager, action: str) -> None:
    """Do what needs no arguments: ``manage``, ``provide``, ``adopt``, ``abort``, ``unhold``.

    :raises InvalidStateRequested: when the node is in no state for it.
    :raises NoFreeConductorWorker: when no worker is free.
    """
    checks.actionable(task, action)
    if action == "manage" and task.node.provision_state == states.ENROLL:
        verify.start(task)
    elif action == "manage":
        task.process_event("manage")
    else:
        _ACTIONS[action](task)


def resume(task: TaskManager) -> None:
    """The agent of a waiting node has called: go on with its flow, if there is one."""
    if task.node.provision_state in states.WAITING.values():
        flow = flow_of(task)
        if flow.by_heartbeat:
            engine.resume(task, flow)


def fail(task: TaskManager, message: str) -> None:
    """End the node's flow badly, with this message in ``last_error``."""
    engine.fail(task, flow_of(task), message)


def lost_agent(task: TaskManager, reason: str) -> None:
    """The agent of a waiting or held node is gone: go on without it as far as that does no harm.

    :param reason: what happened, in words that ``last_error`` may begin with.
    """
    flow = flow_of(task)
    if task.node.provision_state in states.HELD:
        lost_agents.hold(task, flow)
        task.node.save()
    else:
        engine.lost(task, flow, reason)


def may_lose_agent(task: TaskManager) -> bool:
    """Whether a node waits for an agent, or is held with one."""
    state = task.node.provision_state
    if state in states.HELD:
        return bool(task.driver.deploy.uses_agent)
    return state in states.WAITING.values() and lost_agents.is_expected(task, flow_of(task))


def timed_out(task: TaskManager) -> None:
    """End a waiting flow because its agent has been silent for too long."""
    flow, node = flow_of(task), task.node
    journal.note(task, terms.TIMEOUT, node.provision_state, terms.FAILED)
    what = f"The {flow.name} timed out while in '{node.provision_state}'"
    step = flow.step(node)
    if step and node.agent_last_heartbeat is not None:
        advice = _SILENCE_ADVICE.format(since=node.agent_last_heartbeat.isoformat("T", "seconds"))
        fail(task, f"{what}, at step {steps.label(step)}: {advice}.")
    else:
        fail(task, f"{what}: {_TIMEOUT_ADVICE}.")


def abort(task: TaskManager) -> None:
    """Stop what waits or is held, as the operator asks.

    :raises InvalidStateRequested: when nothing is there to abort.
    """
    checks.actionable(task, "abort")
    if task.node.provision_state == states.SERVICEFAIL:
        task.process_event("abort")
        return
    engine.abort(task, flow_of(task))


def unhold(task: TaskManager) -> None:
    """Go on with a flow that a ``hold`` step has stopped.

    :raises InvalidStateRequested: when the node is not held.
    """
    checks.actionable(task, "unhold")
    engine.unhold(task, flow_of(task))


def is_left_off(node: Any) -> bool:
    """Whether something was begun on the node that goes on only if a conductor takes it up.

    A waiting node needs nothing: its agent's next heartbeat finds the new conductor. One without end is ended.
    """
    state = node.provision_state
    rests = state in states.HELD or state in states.WAITING.values()
    return (
        state in states.WORKING
        or node.target_power_state is not None
        or (node.operation is not None and not rests)
    )


def recover(task: TaskManager) -> None:
    """Go on with what was left off on a node. Runs in a worker, under the lock."""
    node = task.node
    if inspect.has_data(task):
        inspect.go_on(task)
        return
    if node.provision_state in states.WORKING:
        flow = flow_of(task)
        LOG.info("Node %s: taking up its %s where it was left off", node.uuid, flow.name)
        engine.recover(task, flow)
        return
    power.take_up(task)
    if not is_left_off(node):
        return
    begun = _flow_begun(task)
    if begun is None:
        background.give_up(task)
    elif engine.is_failing(node):
        # It was aborted, and its conductor died while it cleaned up.
        engine.recover(task, begun)
    else:
        # An older conductor has ended it, which keeps no journal.
        journal.end(task, begun.name, terms.DONE)
        node.save()


def _flow_begun(task: TaskManager) -> engine.Flow | None:
    """The flow that the node's operation is, whatever its state; None where it is something else."""
    names = (e["subject"] for e in journal.of_operation(task) if e["kind"] == terms.OPERATION)
    name = next(names, None)
    return next((flow for flow in ALL if flow.name == name), None)


_ACTIONS = {
    "provide": clean.start_automated,
    "adopt": adopt.start,
    "abort": abort,
    "unhold": unhold,
}
