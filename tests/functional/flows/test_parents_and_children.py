# SPDX-License-Identifier: Apache-2.0
"""Parents and children: the dependencies of their power, and steps that run on the children."""

import dataclasses
import uuid
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.hardware import power
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.records import node_records
from ironic_lite.drivers.modules.fake.bios import FakeBIOS
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore

DEDICATED = {"has_dedicated_power_supply": "true"}
RESET = {"interface": "bios", "step": "factory_reset"}


@dataclasses.dataclass
class Family:
    """A chassis with two cards; the second one has a power supply of its own."""

    core: ConductorCore
    parent: Any
    cards: list[Any]

    def power_of(self, *nodes: Any) -> list[str | None]:
        """Recorded power states."""
        return [self.core.node(node).power_state for node in nodes]

    def clean(self, *steps: dict[str, Any]) -> Any:
        """Manual cleaning of the parent."""
        return self.core.do(verbs.clean, self.parent, list(steps))


@pytest.fixture
def family(core: ConductorCore) -> Family:
    parent = core.create_node(states.MANAGEABLE, power_state=states.POWER_OFF)
    cards = [
        core.create_node(
            states.MANAGEABLE,
            parent_node=parent.uuid,
            power_state=states.POWER_OFF,
            driver_info=info,
        )
        for info in ({}, DEDICATED)
    ]
    return Family(core, parent, cards)


def _on_children(name: str, **more: Any) -> dict[str, Any]:
    return {"interface": "power", "step": name, "execute_on_child_nodes": True, **more}


def test_a_card_gets_its_power_from_its_parent(family: Family) -> None:
    plain, dedicated = family.cards
    family.core.do(power.request, dedicated, states.POWER_ON)
    assert family.power_of(family.parent, dedicated) == [states.POWER_OFF, states.POWER_ON]
    family.core.do(power.request, plain, states.POWER_ON)
    assert family.power_of(family.parent, plain) == [states.POWER_ON, states.POWER_ON]


def test_a_card_loses_its_power_with_its_parent(family: Family) -> None:
    for card in family.cards:
        family.core.do(power.request, card, states.POWER_ON)
    family.core.do(power.request, family.parent, states.REBOOT)
    assert family.power_of(family.parent, *family.cards) == [states.POWER_ON] * 3
    family.core.do(power.request, family.parent, states.POWER_OFF)
    assert family.power_of(family.parent, *family.cards) == [
        states.POWER_OFF,
        states.POWER_OFF,
        states.POWER_ON,
    ]


def test_a_card_at_work_keeps_its_parent_on(family: Family) -> None:
    family.core.do(power.request, family.cards[0], states.POWER_ON)
    with family.core.task(family.cards[0]):
        refused = family.core.do(power.request, family.parent, states.POWER_OFF)
    assert refused.power_state == states.POWER_ON
    assert family.cards[0].uuid in refused.last_error


def test_a_parent_that_is_gone(family: Family) -> None:
    with family.core.task(family.parent) as task:
        node_records.destroy(task)
    powered = family.core.do(power.request, family.cards[0], states.POWER_ON)
    assert (powered.power_state, powered.parent_node) == (states.POWER_ON, family.parent.uuid)


def test_nobody_is_an_ancestor_of_its_own(family: Family) -> None:
    with family.core.task(family.parent) as task:
        wanted = family.core.node(family.parent)
        wanted.parent_node = family.cards[0].uuid
        with pytest.raises(exception.Invalid, match="descendant"):
            node_records.update(task, wanted)


def test_power_steps_for_children(family: Family) -> None:
    done = family.clean({"step": "power_on"}, _on_children("power_on"))
    assert done.provision_state == states.MANAGEABLE, done.last_error
    assert family.power_of(*family.cards) == [states.POWER_ON] * 2
    with family.core.task(family.cards[1]) as task:
        task.node.name = f"card-{uuid.uuid4().hex}"
        task.node.save()
        only = {"limit_child_node_execution": [task.node.name]}
    family.clean(_on_children("reboot"), _on_children("power_off", **only))
    assert family.power_of(family.parent, *family.cards) == [
        states.POWER_ON,
        states.POWER_ON,
        states.POWER_OFF,
    ]


def test_other_steps_for_children(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    reset: list[str] = []
    original = FakeBIOS.factory_reset

    def step(self: FakeBIOS, task: Any) -> None:
        reset.append(task.node.uuid)

    step.__dict__.update(vars(original))
    monkeypatch.setattr(FakeBIOS, "factory_reset", step)
    done = family.clean({**RESET, "execute_on_child_nodes": True})
    assert done.provision_state == states.MANAGEABLE, done.last_error
    assert reset == [card.uuid for card in family.cards]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (_on_children("hold"), "step hold cannot run on child nodes"),
        (_on_children("wait"), "step wait cannot"),
        ({"interface": "deploy", "step": "nosuch", "execute_on_child_nodes": True}, "not support"),
        ({**RESET, "args": {"speed": 9}, "execute_on_child_nodes": True}, "speed"),
    ],
)
def test_steps_that_children_do_not_take(family: Family, step: dict[str, Any], error: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=error):
        family.clean(step)
    assert family.core.node(family.parent).provision_state == states.MANAGEABLE


def test_a_stranger_is_no_child(family: Family) -> None:
    stranger = family.core.create_node(states.MANAGEABLE)
    limited = _on_children("power_on", limit_child_node_execution=[stranger.uuid])
    with pytest.raises(exception.InvalidParameterValue, match="not a child of node"):
        family.clean(limited)
    # A node that does not exist gets the same message, because it may be another project's.
    limited["limit_child_node_execution"] = ["6b1f2c5e-0000-4000-8000-3f0c7f4f4a10"]
    with pytest.raises(exception.InvalidParameterValue, match="not a child of node"):
        family.clean(limited)


def test_a_child_that_fails_is_named(family: Family) -> None:
    # Without changing the power of the parent, whose lock the operation holds.
    failed = family.clean(_on_children("power_on"))
    assert failed.provision_state == states.CLEANFAIL
    assert f"on child node {family.cards[0].uuid}: it has no power" in failed.last_error


def test_a_step_on_children_that_was_cut_off(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(step: dict[str, Any]) -> Any:
        node = family.core.create_node(
            states.CLEANING,
            target_provision_state=states.MANAGEABLE,
            power_state=states.POWER_ON,
            clean_step=step,
            driver_internal_info={"clean_steps": [step], "clean_step_index": 0},
        )
        with family.core.task(family.cards[0]) as task:
            task.node.parent_node = node.uuid
            task.node.save()
        return family.core.in_worker(flows.recover, node)

    assert interrupted(_on_children("power_on")).provision_state == states.MANAGEABLE
    assert family.power_of(family.cards[0]) == [states.POWER_ON]
    on_children = {**RESET, "execute_on_child_nodes": True}
    assert interrupted(on_children).provision_state == states.MANAGEABLE
    step_spec = FakeBIOS.step_spec

    def unsafe(self: FakeBIOS, kind: str, name: str) -> Any:
        spec = step_spec(self, kind, name)
        return spec and dataclasses.replace(spec, repeatable=False)

    monkeypatch.setattr(FakeBIOS, "step_spec", unsafe)
    failed = interrupted(on_children)
    assert failed.provision_state == states.CLEANFAIL
    assert "cannot safely be repeated" in failed.last_error


@pytest.mark.parametrize("state", [states.POWER_OFF, states.SOFT_POWER_OFF])
def test_a_node_that_must_not_be_powered_off(core: ConductorCore, state: str) -> None:
    node = core.create_node(states.MANAGEABLE, disable_power_off=True, power_state=states.POWER_ON)
    with pytest.raises(exception.PowerStateFailure, match="Failed to set node power state") as no:
        core.do(power.request, node, state)
    assert no.value.code == 409
    assert core.do(power.request, node, states.REBOOT).power_state == states.POWER_ON


def test_operations_leave_such_a_node_on(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE, disable_power_off=True, power_state=states.POWER_ON)
    with core.task(node) as task:
        task.set_power(states.POWER_ON)
    assert core.do(verbs.deploy, node).power_state == states.POWER_ON
    freed = core.do(verbs.delete, node)
    assert (freed.provision_state, freed.power_state) == (states.AVAILABLE, states.POWER_ON)
    core.act(node, "manage")
    cleaned = core.do(verbs.clean, node, [{"step": "power_off"}])
    assert (cleaned.provision_state, cleaned.power_state) == (states.MANAGEABLE, states.POWER_ON)
