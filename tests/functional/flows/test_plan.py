# SPDX-License-Identifier: Apache-2.0
"""Plans list the steps of an operation, and change nothing."""

import uuid
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import plan
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore


def made(core: ConductorCore, node: Any, event: str, **given: Any) -> dict[str, Any]:
    """Return the plan, after a check that the node has not changed."""
    before = core.node(node).obj_to_primitive()
    with core.identity.active():
        found = plan.make(core.context, node.uuid, event, given)
    assert core.node(node).obj_to_primitive() == before
    return found


def test_a_deployment_through_the_agent_with_a_template(core: ConductorCore) -> None:
    trait = f"CUSTOM_{uuid.uuid4().hex[:8].upper()}"
    step = {"interface": "bios", "step": "factory_reset", "args": {}, "priority": 90}
    agents = {"interface": "deploy", "step": "erase_devices", "args": {}, "priority": 85}
    objects.DeployTemplate(core.context, name=trait, steps=[agents, step]).create()
    node = core.create_node(
        states.AVAILABLE,
        deploy_interface="custom-agent",
        instance_info={"traits": [trait]},
    )
    with core.task(node) as task:
        task.node.set_traits([trait])
    found = made(core, node, "deploy")
    assert found["refused"] == []
    (deployment,) = found["operations"]
    steps = [action for action in deployment["actions"] if action["action"] == "step"]
    assert [(one["step"], one["from"], bool(one["waits_for"])) for one in steps][:4] == [
        ("deploy.deploy", "interface", True),
        ("bios.factory_reset", "deploy template", False),
        ("deploy.erase_devices", "deploy template", True),
        ("deploy.prepare_instance_boot", "interface", False),
    ]
    assert [one["known"] for one in steps[:4]] == [True, True, False, True]
    assert steps[0]["at_most_seconds"] == 1800
    assert deployment["actions"][-1]["action"] == "agent's steps"
    assert deployment["ends_in"] == states.ACTIVE


def test_what_would_refuse_it(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE, protected=True)
    found = made(core, node, "delete")
    assert "protected" in found["refused"][0]
    assert [one["name"] for one in found["operations"]] == ["undeployment", "cleaning"]
    assert any("protected" in why for why in made(core, node, "rebuild")["refused"])
    assert made(core, node, "inspect")["operations"] == []


def test_cleaning_with_named_steps(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE, deploy_interface="direct")
    named = [{"interface": "deploy", "step": "erase_devices"}, {"step": "hold"}]
    found = made(core, node, "clean", steps=named, disable_ramdisk=False, source="runbook")
    assert found["refused"] == []
    actions = found["operations"][0]["actions"]
    assert [action["action"] for action in actions] == [
        "preparation",
        "step",
        "step",
        "winding up",
    ]
    assert actions[0]["waits_for"] == "the agent"
    assert (actions[1]["known"], actions[1]["cut_off"]) == (False, "found in the agent")
    assert (actions[2]["known"], actions[2]["waits_for"]) == (True, "unhold")


def test_a_retired_node_is_given_back_to_the_operator(core: ConductorCore) -> None:
    for retired, goal in ((True, states.MANAGEABLE), (False, states.AVAILABLE)):
        node = core.create_node(states.ACTIVE, retired=retired)
        found = made(core, node, "delete")
        assert {one["ends_in"] for one in found["operations"]} == {goal}
        assert core.do(verbs.delete, node).provision_state == goal


OPEN = "what the agent brings is only known once it is up"
TOLD = {"step": "erase_devices", "interface": "deploy", "priority": 10}


@pytest.mark.parametrize(
    ("event", "interface", "told", "said"),
    [
        ("provide", "direct", None, OPEN),
        ("provide", "direct", [TOLD], f"{OPEN}; the steps of its last boot stand above"),
        ("deploy", "custom-agent", [TOLD], OPEN),
        ("deploy", "ramdisk", None, None),
        ("provide", "fake", None, None),
    ],
)
def test_what_is_left_to_the_agent(
    core: ConductorCore, event: str, interface: str, told: list[Any] | None, said: str | None
) -> None:
    node = core.create_node(
        states.MANAGEABLE if event == "provide" else states.AVAILABLE,
        deploy_interface=interface,
        driver_internal_info={"agent_cached_clean_steps": told} if told else {},
    )
    actions = made(core, node, event)["operations"][0]["actions"]
    left = [action["meaning"] for action in actions if action["action"] == "agent's steps"]
    assert left == ([said] if said else [])


def test_a_plan_of_an_inspection_keeps_the_data_that_has_come(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    received = {"node_id": node.id, "inventory_data": {"cpu": {}}, "plugin_data": {}}
    objects.ReceivedInventory(core.context, **received).create()
    assert made(core, node, "inspect")["refused"] == []
    kept = objects.ReceivedInventory.get(core.context, node.id)
    assert kept.inventory_data == {"cpu": {}}
    core.do(verbs.inspect, node)
    with pytest.raises(exception.NodeInventoryNotFound):
        objects.ReceivedInventory.get(core.context, node.id)
