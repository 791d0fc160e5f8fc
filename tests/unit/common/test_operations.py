# SPDX-License-Identifier: Apache-2.0
"""The flows, functions, options and rules in the declarations of operations exist."""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite.api.controllers.v1 import provision_arguments
from ironic_lite.common import operations, policies, states
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import RESTING, Form, Kind, Operation, Verb
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.operations.flows import registry
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

ROOT = Path(operations.__file__).parents[2]

TAKE_EVENTS = (
    "process_event",
    "engine.start",
    "engine.follow",
    "flows.start",
    "_MANUAL.start",
    "_start",
)
"""Functions of the conductor that an event is passed to."""

each_operation = pytest.mark.parametrize("operation", operations.ALL, ids=lambda one: one.name)
each_verb = pytest.mark.parametrize("verb", operations.VERBS, ids=lambda one: one.name)


@each_operation
def test_an_operation_has_its_flow(operation: Operation) -> None:
    flow = pkgutil.resolve_name(operation.flow)
    assert isinstance(flow, Flow)
    assert flow.operation is operation
    assert registry.BY_NAME[operation.name] is flow


@each_operation
def test_what_waits_has_a_bound(operation: Operation) -> None:
    assert (operation.timeout_option is None) == (operation.waiting is None)
    if operation.timeout_option is not None:
        assert CONF.conductor[operation.timeout_option] > 0


@each_operation
def test_a_limit_names_an_option(operation: Operation) -> None:
    if operation.limit is not None:
        assert CONF.conductor[operation.limit.option] > 0


@each_operation
def test_its_steps_are_of_a_kind_that_interfaces_know(operation: Operation) -> None:
    assert operation.step_kind in (None, step_specs.CLEAN, step_specs.DEPLOY, step_specs.SERVICE)


@each_operation
def test_what_follows_is_an_operation_that_it_leads_to(operation: Operation) -> None:
    if operation.followed_by is not None:
        following = operations.named(operation.followed_by)
        assert following.working.name in operation.ends.values()


@each_verb
def test_the_function_of_a_verb_takes_its_arguments(verb: Verb) -> None:
    signature = inspect.signature(pkgutil.resolve_name(verb.start))
    given = {one.name: None for one in verb.arguments if one.form is not Form.RUNBOOK}
    signature.bind("task", **given)
    required = {one.name: None for one in verb.arguments if one.required}
    signature.bind("task", **required)


@each_verb
def test_the_machine_knows_a_verb(verb: Verb) -> None:
    assert any(verb.event in events for events in machine.TRANSITIONS.values())


@each_verb
def test_a_runbook_stands_for_steps(verb: Verb) -> None:
    if verb.argument(Form.RUNBOOK) is not None:
        assert verb.argument(Form.STEPS) is not None


def test_every_form_is_one_that_the_api_checks() -> None:
    assert set(provision_arguments.KINDS) == set(Form)


def test_arguments_with_a_rule_have_it() -> None:
    rule = "baremetal:node:set_provision_state"
    known = {one.name: one.description for one in policies.list_rules()}
    declared = {
        f"{rule}:{name}": argument.rule
        for name, argument in operations.ARGUMENTS.items()
        if argument.rule is not None
    }
    assert declared
    assert {name: known[name] for name in declared} == declared


def test_every_name_of_a_state_is_declared_once() -> None:
    power = {*states.POWER_TARGETS, *states.POWER_TARGETS.values()}
    constants = [value for name, value in vars(states).items() if name.isupper()]
    named = [value for value in constants if isinstance(value, str) and value not in power]
    assert sorted(named) == sorted(provision_states.ROWS)
    own = [state.name for one in operations.ALL for state, _kind in one.states()]
    assert len(own) + len(RESTING) == len(provision_states.ROWS)


def test_a_state_that_nobody_declares_is_of_no_kind() -> None:
    assert provision_states.kind_of("polishing") is None
    assert not provision_states.is_working("polishing")
    assert not provision_states.expects_agent("polishing")
    assert provision_states.operation_of("polishing") is None
    assert not machine.is_actionable("polishing", "deploy")


def test_all_kinds_are_taken() -> None:
    assert {row.kind for row in provision_states.ROWS.values()} == set(Kind)


def test_only_waiting_operations_have_a_state_to_wait_in() -> None:
    assert provision_states.waiting_of(states.DEPLOYING) == states.DEPLOYWAIT
    with pytest.raises(ValueError, match="adopting"):
        provision_states.waiting_of(states.ADOPTING)


def test_a_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "VERBS", (*operations.VERBS, operations.VERBS[0]))
    with pytest.raises(ValueError, match=r"this verb twice: manage\."):
        operations._check()


def test_a_bar_names_a_field_of_nodes() -> None:
    from ironic_lite.objects.node import Node

    barring = {bar.value for verb in operations.VERBS for bar in verb.barred_by}
    assert barring <= set(Node.fields)


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield the place and the call wherever the conductor passes an event."""
    for file in sorted((ROOT / "conductor").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(TAKE_EVENTS):
                yield f"{file.name}:{call.lineno}", call


def _texts(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        parts = [argument]
        if isinstance(argument, ast.IfExp):
            parts = [argument.body, argument.orelse]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def test_the_conductor_names_events_that_there_are() -> None:
    known = {event for events in machine.TRANSITIONS.values() for event in events}
    named = [(place, event) for place, call in _calls() for event in _texts(call)]
    assert len(named) > 20
    assert [(place, event) for place, event in named if event not in known] == []
