# SPDX-License-Identifier: Apache-2.0
"""Steps in clients' requests."""

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import flows
from ironic_lite.objects import NodeJournal
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore

RESET = {"interface": "bios", "step": "factory_reset"}
SETTINGS = {"settings": [{"name": "Turbo", "value": "on"}]}
APPLY = {"interface": "bios", "step": "apply_configuration", "args": SETTINGS}


def test_manual_cleaning_runs_the_steps_and_returns_to_manageable(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    cleaned = core.do(verbs.clean, node, [APPLY, RESET])
    assert cleaned.provision_state == states.MANAGEABLE
    assert cleaned.clean_step == {}
    assert cleaned.driver_internal_info == {"clean_steps": None}


def test_an_unknown_clean_step_is_refused(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    with pytest.raises(exception.InvalidParameterValue, match="clean step: deploy.nosuch"):
        core.do(verbs.clean, node, [{"interface": "deploy", "step": "nosuch"}])
    assert core.node(node).as_row(["provision_state", "driver_internal_info"]) == {
        "provision_state": states.MANAGEABLE,
        "driver_internal_info": {},
    }


def test_wrong_arguments_of_a_clean_step(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    wrong = {"interface": "bios", "step": "factory_reset", "args": {"speed": 9}}
    missing = {"interface": "bios", "step": "apply_configuration"}
    with pytest.raises(exception.InvalidParameterValue) as refused:
        core.do(verbs.clean, node, [wrong, missing])
    assert "unexpected argument(s) speed" in refused.value.message
    assert "missing required argument(s) settings" in refused.value.message


def test_an_unknown_service_step_is_refused(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE)
    with pytest.raises(exception.InvalidParameterValue, match="service step: raid.nosuch"):
        core.do(verbs.service, node, [{"interface": "raid", "step": "nosuch"}])
    assert core.do(verbs.service, node, [RESET]).provision_state == states.ACTIVE


def test_a_core_deploy_step_cannot_be_changed(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE)
    step = {"interface": "deploy", "step": "deploy", "priority": 99, "args": {}}
    with pytest.raises(exception.InstanceDeployFailure, match="core step") as refused:
        core.do(verbs.deploy, node, deploy_steps=[step])
    assert refused.value.code == 400


def test_disabling_the_only_deploy_step_fails_the_deployment(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE)
    off = {"interface": "deploy", "step": "deploy", "priority": 0, "args": {}}
    failed = core.do(verbs.deploy, node, deploy_steps=[off])
    assert failed.provision_state == states.DEPLOYFAIL
    assert failed.power_state == states.POWER_OFF
    assert core.do(verbs.deploy, node).provision_state == states.ACTIVE


def test_an_unknown_deploy_step_is_refused(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE)
    unknown = {"interface": "deploy", "step": "nosuch", "priority": 90, "args": {}}
    with pytest.raises(exception.InstanceDeployFailure, match=r"deploy step: deploy\.nosuch"):
        core.do(verbs.deploy, node, deploy_steps=[unknown])
    assert core.node(node).provision_state == states.AVAILABLE


def test_hold_and_unhold(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    held = core.do(verbs.clean, node, [{"step": "hold"}, RESET])
    assert held.provision_state == states.CLEANHOLD
    assert held.clean_step["step"] == "hold"
    assert core.act(node, "unhold").provision_state == states.MANAGEABLE


# Records of a node that another program may have written: the steps, the current step, and its index.
HELD_RECORDS: dict[str, tuple[object, dict[str, object], object]] = {
    "nothing": (None, {}, None),
    "a step without a place": ([{"step": "hold"}, RESET], {"step": "hold"}, None),
    "a place without steps": (None, {"step": "hold"}, 0),
    "a place behind all steps": ([{"step": "hold"}], {"step": "hold"}, 7),
    "a place that is no number": ([{"step": "hold"}], {"step": "hold"}, "0"),
}


@pytest.mark.parametrize("record", HELD_RECORDS)
@pytest.mark.parametrize(
    ("held", "kind", "target", "then"),
    [
        (states.CLEANHOLD, "clean", states.MANAGEABLE, states.MANAGEABLE),
        (states.DEPLOYHOLD, "deploy", states.ACTIVE, states.ACTIVE),
        (states.SERVICEHOLD, "service", states.ACTIVE, states.ACTIVE),
    ],
)
def test_a_node_that_is_held_at_no_known_step_begins_anew(
    core: ConductorCore, held: str, kind: str, target: str, then: str, record: str
) -> None:
    listed, step, place = HELD_RECORDS[record]
    known = {f"{kind}_steps": listed, f"{kind}_step_index": place, f"user_{kind}_steps": [RESET]}
    node = core.create_node(
        held,
        target_provision_state=target,
        driver_internal_info={key: value for key, value in known.items() if value is not None},
        **{f"{kind}_step": step},
    )
    after = core.act(node, "unhold")
    assert (after.provision_state, after.last_error) == (then, None)
    entries = NodeJournal.rows(core.context, node.id)
    assert ("preparation", "repeated") in {(e["subject"], e["outcome"]) for e in entries}


def test_abort_while_held(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    core.do(verbs.clean, node, [{"step": "hold"}, RESET])
    stopped = core.act(node, "abort")
    assert stopped.provision_state == states.CLEANFAIL
    assert stopped.last_error == "The cleaning was aborted by request at step hold."
    assert stopped.clean_step == {}


def test_power_steps(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    assert core.do(verbs.clean, node, [{"step": "power_on"}]).power_state == states.POWER_ON


def test_wait_ends_with_the_next_heartbeat(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    waiting = core.do(verbs.clean, node, [{"step": "wait"}, RESET])
    assert waiting.provision_state == states.CLEANWAIT
    assert core.in_worker(flows.resume, node).provision_state == states.MANAGEABLE
