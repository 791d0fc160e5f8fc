# SPDX-License-Identifier: Apache-2.0
"""Plans: what an operation would do to a node.

A plan runs the operation's own code, up to the first move of the node, on a copy that cannot be saved. So it refuses
what the operation would refuse, and lists the steps that the operation would run. Therefore ``start`` of a flow must
touch neither hardware nor database before it calls ``engine.start``.
"""

from typing import Any

from ironic_lite.common import exception, operations, redaction
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import Form, Verb
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.operations import flows, steps, wait_timeouts
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.drivers.interfaces import steps as step_specs

Row = dict[str, Any]


class _Rehearsal(task_manager.TaskManager):
    """A read-only task: it changes provision states on its copy of the node only."""

    def process_event(self, event: str, *_: Any, **more: Any) -> None:
        move = self._next_state(event, more.get("target_state"))
        self.node.provision_state = move.state
        self.node.target_provision_state = move.target

    def spawn_after(self, *_: Any, **__: Any) -> None:
        return None


def make(context: Any, node_id: int | str, event: str, given: Row) -> Row:
    """Make a plan.

    :param event: the requested event of the state machine.
    :param given: ``steps`` and ``disable_ramdisk`` for an operation that takes steps; ``source`` says where the steps
        are from.
    :returns: ``{"refused": [reasons], "operations": [...]}``; with reasons, the operations that would follow without
        them.
    :raises NodeNotFound: when there is no such node.
    """
    task = _Rehearsal(context, node_id, shared=True, purpose="planning", retry=False)
    with task:
        node = task.node
        node.seal()
        refusals = []
        if node.reservation is not None:
            refusals.append(f"It is locked by conductor {node.reservation} now.")
        way = _events_to(node.provision_state, event)
        if way is None:
            text = f"'{event}' cannot be asked for in state '{node.provision_state}'."
            return {"refused": [*refusals, text], "operations": []}
        if len(way) > 1:
            first = ", then ".join(f"'{one}'" for one in way[:-1])
            refusals.append(
                f"'{event}' cannot be asked for in state '{node.provision_state}'; ask for {first} first."
            )
        operations: list[Row] = []
        for one in way:
            operations += _rehearsed(task, one, given if one == event else {})
        refusals += [why for operation in operations for why in operation["refused"]]
        return {"refused": refusals, "operations": operations}


def _events_to(state: str, event: str) -> list[str] | None:
    """Return the shortest list of events from ``state`` up to and with ``event``; None if there is none."""
    ways: list[tuple[str, list[str]]] = [(state, [])]
    seen = {state}
    first = [verb.event for verb in operations.VERBS if verb.on_the_way]
    for at, way in ways:
        if machine.is_actionable(at, event):
            return [*way, event]
        for one in first:
            if machine.is_actionable(at, one) and (then := _goal(at, one)) not in seen:
                seen.add(then)
                ways.append((then, [*way, one]))
    return None


def _goal(state: str, event: str) -> str:
    """Return the state that a successful operation ends in."""
    move = machine.move(state, event, None, operations.VERB_OF[event].target)
    return move.target or move.state


def _rehearsed(task: _Rehearsal, event: str, given: Row) -> list[Row]:
    node, verb = task.node, operations.VERB_OF[event]
    goal = _goal(node.provision_state, event)
    refusals = []
    before = node.provision_state
    try:
        flows.start(task, event, _arguments(verb, given))
    except exception.IronicLiteError as exc:
        refusals.append(redaction.mask_text(exc.message))
        if node.provision_state == before:
            task.process_event(event, target_state=verb.target)
    if not provision_states.is_working(node.provision_state):
        return [_operation(event, event, refusals, goal, [])]
    flow = flows.flow_of(task)
    if flow.goal is not None:
        goal = flow.goal(node)
    found = [_described(task, flow, event, given, refusals, goal)]
    if flow.operation.followed_by is not None:
        found.append(_following(task, flow.operation.followed_by, goal))
    node.provision_state, node.target_provision_state = goal, None
    return found


def _arguments(verb: Verb, given: Row) -> Row:
    """Return the verb's arguments: the client's, and placeholders for those that a plan does not need."""
    needed = {one.name: one.rehearsed for one in verb.arguments if one.rehearsed is not None}
    listed = verb.argument(Form.STEPS)
    if listed is None:
        return needed
    return {
        **needed,
        listed.name: given["steps"],
        "disable_ramdisk": given.get("disable_ramdisk"),
    }


def _following(task: _Rehearsal, name: str, goal: str) -> Row:
    """Describe the operation that starts automatically after this one."""
    operation, node = operations.named(name), task.node
    node.provision_state, node.target_provision_state = operation.working.name, operation.target
    return _described(task, flows.flow_of(task), operation.verbs[0].event, {}, [], goal)


def _operation(event: str, name: str, refusals: list[str], goal: str, actions: list[Row]) -> Row:
    return {"event": event, "name": name, "refused": refusals, "actions": actions, "ends_in": goal}


def _described(
    task: _Rehearsal, flow: Flow, event: str, given: Row, refusals: list[str], goal: str
) -> Row:
    actions: list[Row] = []
    idle = flow.idle(task)
    if idle is not None:
        actions.append(_phase("preparation", f"nothing: {idle}"))
        return _operation(event, flow.name, refusals, goal, actions)
    declared = flow.operation
    ramdisk = not given.get("disable_ramdisk")
    meaning = declared.preparation if ramdisk else "nothing: the ramdisk is left alone"
    waits = flow.waiting if ramdisk and declared.preparation_waits else None
    if flow.kind and not task.driver.deploy.uses_agent:
        waits = None
    actions.append(_phase("preparation", meaning, flow, waits))
    if flow.kind:
        actions += _steps(task, flow, given, refusals)
    if declared.winding_up is not None and ramdisk:
        actions.append(_phase("winding up", declared.winding_up))
    return _operation(event, flow.name, refusals, goal, actions)


def _phase(what: str, meaning: str, flow: Flow | None = None, waits: str | None = None) -> Row:
    return {
        "action": what,
        "meaning": meaning,
        "waits_for": flow.waits_for if flow and waits else None,
        "at_most_seconds": wait_timeouts.patience(waits),
    }


def _steps(task: _Rehearsal, flow: Flow, given: Row, refusals: list[str]) -> list[Row]:
    assert flow.kind is not None
    requested = task.node.driver_internal_info.get(flow.requested_key) or []
    known = {steps.identity(step) for step in steps.offered(task, flow.kind)}
    try:
        if given.get("steps") is not None:
            steps.check_requested(
                task,
                flow.kind,
                requested,
                skip_unknown=task.driver.deploy.uses_agent,
                disable_ramdisk=bool(given.get("disable_ramdisk")),
            )
            todo = requested
        else:
            todo = _with_expected(flow.collect(task), requested)
    except exception.IronicLiteError as exc:
        refusals.append(redaction.mask_text(exc.message))
        return []
    asked_for = {steps.identity(step) for step in requested}
    source = given.get("source") or "deploy template"
    rows = [
        _step(
            task,
            flow,
            step,
            source if steps.identity(step) in asked_for else "interface",
            steps.identity(step) in known or steps.is_reserved(step),
        )
        for step in todo
    ]
    if given.get("steps") is None:
        rows += _agents_steps(task, flow.kind, rows)
    return rows


def _with_expected(todo: list[Step], requested: list[Step]) -> list[Step]:
    """Return the known steps and the template steps that only the agent may have, highest priority first."""
    found = {steps.identity(step) for step in todo}
    expected = [
        step for step in requested if steps.identity(step) not in found and step.get("priority")
    ]
    return sorted(todo + expected, key=lambda step: -int(step.get("priority") or 0))


def _agents_steps(task: _Rehearsal, kind: str, rows: list[Row]) -> list[Row]:
    """Return a phase for the steps that only the agent will report; empty if no agent can add steps."""
    meaning = "what the agent brings is only known once it is up"
    if any(row["from"] == "agent" for row in rows):
        meaning += "; the steps of its last boot stand above"
    elif not task.driver.deploy.awaits_steps(task, kind):
        return []
    return [_phase("agent's steps", meaning)]


def _step(task: _Rehearsal, flow: Flow, step: Step, source: str, known: bool) -> Row:
    assert flow.kind is not None
    spec = None
    if not steps.is_reserved(step):
        spec = task.driver.interface(step["interface"]).step_spec(flow.kind, step["step"])
    in_agent = spec is None and not steps.is_reserved(step)
    waits = in_agent or (spec is not None and spec.waits) or step["step"] == steps.WAIT
    return {
        "action": "step",
        "step": steps.label(step),
        "priority": step.get("priority"),
        "from": "agent" if in_agent and source == "interface" else source,
        "known": known,
        "waits_for": "unhold"
        if step["step"] == steps.HOLD
        else (flow.waits_for if waits else None),
        "at_most_seconds": wait_timeouts.patience(flow.waiting) if waits else None,
        "cut_off": _when_cut_off(spec, in_agent),
    }


def _when_cut_off(spec: step_specs.StepSpec | None, in_agent: bool) -> str:
    """Return what the next conductor does with the step if its conductor dies while the step runs."""
    if in_agent:
        return "found in the agent"
    if spec is None or spec.repeatable:
        return "repeated"
    return "asked about" if spec.happened else "fails"
