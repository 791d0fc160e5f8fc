# SPDX-License-Identifier: Apache-2.0
"""The state machine is complete, and its page in the documentation agrees with the code."""

import pathlib

import pytest

from ironic_lite.common import states
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import Kind
from tools import states_page


def test_every_state_can_be_reached_and_left():
    reached = {to for events in machine.TRANSITIONS.values() for to in events.values()}
    assert reached | {states.ENROLL} == set(machine.TRANSITIONS)
    assert all(machine.TRANSITIONS.values())


def test_every_working_state_may_fail_and_has_a_target():
    for state in provision_states.names(Kind.WORKING):
        assert "fail" in machine.TRANSITIONS[state], state
        assert state in machine.TARGETS, state


def test_every_wait_can_end_without_an_agent():
    for state in provision_states.names(Kind.WAITING):
        assert {"fail", "abort", "resume"} <= set(machine.TRANSITIONS[state]), state


def test_entering_work_sets_the_target_and_rest_clears_it():
    assert machine.move("available", "deploy", None) == machine.Move("deploying", "active")
    assert machine.move("deploying", "done", "active") == machine.Move("active", None)


def test_a_manual_clean_keeps_its_aim_through_waiting_and_failure():
    cleaning = machine.move("manageable", "clean", None, new_target="manageable")
    assert cleaning == machine.Move("cleaning", "manageable")
    waiting = machine.move("cleaning", "wait", cleaning.target)
    assert waiting == machine.Move("clean wait", "manageable")
    assert machine.move("clean wait", "resume", waiting.target) == cleaning
    assert machine.move("clean wait", "abort", "manageable") == machine.Move(
        "clean failed", "manageable"
    )


def test_an_impossible_event_is_an_error():
    with pytest.raises(ValueError, match="no transition from 'enroll' on 'deploy'"):
        machine.move("enroll", "deploy", None)


def test_the_page_is_up_to_date():
    page = pathlib.Path(__file__).parents[3] / "docs" / "states.md"
    assert page.read_text() == states_page.page(), (
        "run: python -m tools.states_page > docs/states.md"
    )
