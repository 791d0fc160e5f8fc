# SPDX-License-Identifier: Apache-2.0
"""Each operation on a fake node, from its start to its end."""

from collections.abc import Callable

import pytest

from ironic_lite.common import exception, states
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore


def test_from_enroll_to_active_and_back(core: ConductorCore) -> None:
    node = core.create_node()
    assert core.act(node, "manage").provision_state == states.MANAGEABLE
    assert core.act(node, "provide").provision_state == states.AVAILABLE
    deployed = core.do(verbs.deploy, node)
    assert (deployed.provision_state, deployed.target_provision_state) == (states.ACTIVE, None)
    assert deployed.power_state == states.POWER_ON
    assert deployed.deploy_step == {}
    assert deployed.driver_internal_info.pop("last_power_state_change")
    assert deployed.driver_internal_info == {"clean_steps": None, "deploy_steps": None}
    assert deployed.last_error is None

    with core.task(node) as task:
        task.node.instance_uuid = task.node.uuid
        task.node.instance_info = {"image_source": "http://x/y"}
        task.node.save()
    free = core.do(verbs.delete, node)
    assert free.provision_state == states.AVAILABLE
    assert free.power_state == states.POWER_OFF
    assert (free.instance_uuid, free.instance_info) == (None, {})


def test_rebuild(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE)
    assert core.do(verbs.rebuild, node).provision_state == states.ACTIVE


@pytest.mark.parametrize(
    ("state", "start", "arguments"),
    [
        (states.ENROLL, verbs.deploy, ()),
        (states.AVAILABLE, verbs.delete, ()),
        (states.AVAILABLE, verbs.clean, ([],)),
        (states.ENROLL, verbs.inspect, ()),
        (states.AVAILABLE, verbs.rescue, ("secret",)),
        (states.ACTIVE, verbs.unrescue, ()),
        (states.AVAILABLE, verbs.service, ([],)),
        (states.AVAILABLE, verbs.act, ("provide",)),
        (states.AVAILABLE, verbs.act, ("abort",)),
    ],
)
def test_a_state_that_does_not_take_the_action(
    core: ConductorCore, state: str, start: object, arguments: tuple[object, ...]
) -> None:
    node = core.create_node(state)
    with pytest.raises(exception.InvalidStateRequested) as refused:
        core.do(start, node, *arguments)
    assert refused.value.code == 400
    assert core.node(node).provision_state == state


@pytest.mark.parametrize(
    ("state", "start", "arguments"),
    [
        (states.AVAILABLE, verbs.deploy, ()),
        (states.MANAGEABLE, verbs.clean, ([],)),
        (states.ACTIVE, verbs.rescue, ("secret",)),
        (states.ACTIVE, verbs.service, ([],)),
    ],
)
def test_maintenance_forbids_it(
    core: ConductorCore, state: str, start: object, arguments: tuple[object, ...]
) -> None:
    node = core.create_node(state, maintenance=True)
    with pytest.raises(exception.NodeInMaintenance):
        core.do(start, node, *arguments)


def test_maintenance_does_not_keep_a_node_from_being_inspected(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE, maintenance=True)
    inspected = core.do(verbs.inspect, node)
    assert (inspected.provision_state, inspected.maintenance) == (states.MANAGEABLE, True)


def test_a_protected_node_keeps_its_instance(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE, protected=True)
    for start in (verbs.delete, verbs.rebuild):
        with pytest.raises(exception.NodeProtected):
            core.do(start, node)
    assert core.node(node).provision_state == states.ACTIVE


def test_a_retired_node_is_not_made_available(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE, retired=True)
    with pytest.raises(exception.Invalid, match="retired"):
        core.act(node, "provide")


def test_inspect_adopt_rescue_unrescue(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    inspected = core.do(verbs.inspect, node)
    assert inspected.provision_state == states.MANAGEABLE
    assert inspected.inspection_finished_at is not None
    assert inspected.inspection_started_at is None
    assert core.act(node, "adopt").provision_state == states.ACTIVE
    rescued = core.do(verbs.rescue, node, "secret")
    assert (rescued.provision_state, rescued.instance_info) == (states.RESCUE, {})
    assert core.do(verbs.unrescue, node).provision_state == states.ACTIVE


def test_what_the_hardware_cannot_do_is_refused(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE, inspect_interface="no-inspect")
    with pytest.raises(exception.UnsupportedDriverExtension):
        core.do(verbs.inspect, node)
    node = core.create_node(states.ACTIVE, rescue_interface="no-rescue")
    with pytest.raises(exception.UnsupportedDriverExtension):
        core.do(verbs.rescue, node, "secret")


def test_an_empty_rescue_password(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE)
    with pytest.raises(exception.InvalidParameterValue, match="password"):
        core.do(verbs.rescue, node, " ")


def test_config_drive_is_stored_for_the_agent(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE)
    active = core.do(verbs.deploy, node, configdrive={"user_data": "#!/bin/sh"})
    assert active.provision_state == states.ACTIVE
    assert active.instance_info["configdrive"].startswith("H4sI")


def test_a_config_drive_that_is_none(core: ConductorCore) -> None:
    node = core.create_node(states.AVAILABLE)
    with pytest.raises(exception.ConfigDriveInvalid):
        core.do(verbs.deploy, node, configdrive="***")
    assert core.node(node).provision_state == states.AVAILABLE


@pytest.mark.parametrize(
    ("source", "before", "during", "after"),
    [
        ("instance", None, "navy", None),
        ("request", None, "army", None),
        ("none", None, None, None),
        ("instance", "own", "own", "own"),
    ],
)
def test_the_lessee_comes_and_goes_with_the_instance(
    core: ConductorCore,
    option: Callable[..., None],
    source: str,
    before: str | None,
    during: str | None,
    after: str | None,
) -> None:
    option("automatic_lessee_source", source, group="conductor")
    core.context.project_id = "army"
    info = {"project_id": "navy"}
    node = core.create_node(states.AVAILABLE, lessee=before, instance_info=info)
    assert core.do(verbs.deploy, node).lessee == during
    assert core.do(verbs.rebuild, node).lessee == during
    freed = core.do(verbs.delete, node)
    assert freed.lessee == after
    assert "automatic_lessee" not in freed.driver_internal_info
