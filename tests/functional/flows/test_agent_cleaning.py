# SPDX-License-Identifier: Apache-2.0
"""What automated cleaning does, as the options and the node say, and where cleaning can be stopped."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import flows
from ironic_lite.objects.node_journal import NodeJournal
from ironic_lite.objects.node_records import NodeHistory
from ironic_lite.objects.templates_and_rules import Runbook
from tests.functional.flows import verbs
from tests.functional.flows.booted import Booted
from tests.functional.flows.scripted_agent import ScriptedAgent

ERASURE = (("erase_devices", 10), ("erase_devices_metadata", 99), ("erase_pstore", 0))


@pytest.fixture
def erasing(agent: ScriptedAgent) -> ScriptedAgent:
    """An agent with the steps of the real one."""
    agent.offer("erase_devices", "erase_devices_metadata", "erase_pstore")
    for step, (name, priority) in zip(agent.steps, ERASURE, strict=True):
        assert step["step"] == name
        step["priority"] = priority
    return agent


def _provide(booted: Booted) -> list[str]:
    """Run automated cleaning; return the steps that ran."""
    assert booted.core.act(booted.node, "provide").provision_state == states.CLEANWAIT
    booted.look_up()
    now = booted.heartbeat()
    while now.provision_state == states.CLEANWAIT:
        booted.agent.end()
        now = booted.heartbeat()
    assert now.provision_state == states.AVAILABLE, now.last_error
    return booted.agent.executed


@pytest.mark.parametrize(
    ("options", "ran"),
    [
        ({}, ["erase_devices_metadata", "erase_devices"]),
        ({"deploy.erase_devices_priority": 0}, ["erase_devices_metadata"]),
        (
            {"deploy.erase_devices_priority": 0, "deploy.erase_devices_metadata_priority": 0},
            [],
        ),
        (
            {"deploy.erase_devices_metadata_priority": 5},
            ["erase_devices", "erase_devices_metadata"],
        ),
        (
            {"conductor.clean_step_priority_override": [{"deploy.erase_pstore": 50}]},
            ["erase_devices_metadata", "erase_pstore", "erase_devices"],
        ),
        (
            {
                "deploy.erase_devices_priority": 7,
                "conductor.clean_step_priority_override": [
                    {"deploy.erase_devices_metadata": 0},
                    {"deploy.erase_pstore": 8},
                ],
            },
            ["erase_pstore", "erase_devices"],
        ),
    ],
)
@pytest.mark.usefixtures("erasing")
def test_what_automated_cleaning_runs(
    booted: Booted, option: Callable[..., None], options: dict[str, Any], ran: list[str]
) -> None:
    for name, value in options.items():
        group, _, key = name.partition(".")
        option(key, value, group=group)
    assert _provide(booted) == ran


@pytest.mark.parametrize(
    ("configured", "own", "cleans"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
)
@pytest.mark.usefixtures("erasing")
def test_whether_a_node_is_cleaned(
    booted: Booted, option: Callable[..., None], configured: bool, own: bool | None, cleans: bool
) -> None:
    option("automated_clean", configured, group="conductor")
    with booted.core.task(booted.node) as task:
        task.node.automated_clean = own
        task.node.save()
    expected = states.CLEANWAIT if cleans else states.AVAILABLE
    assert booted.core.act(booted.node, "provide").provision_state == expected


def _set(booted: Booted, **fields: Any) -> None:
    with booted.core.task(booted.node) as task:
        for name, value in fields.items():
            setattr(task.node, name, value)
        task.node.save()


@pytest.mark.usefixtures("erasing")
def test_switching_it_off_does_not_end_a_cleaning_that_runs(booted: Booted) -> None:
    booted.core.act(booted.node, "provide")
    _set(booted, automated_clean=False)
    booted.look_up()
    now = booted.heartbeat()
    while now.provision_state == states.CLEANWAIT:
        booted.agent.end()
        now = booted.heartbeat()
    assert booted.agent.executed == ["erase_devices_metadata", "erase_devices"]
    assert (now.provision_state, now.power_state) == (states.AVAILABLE, states.POWER_OFF)
    assert "automated_cleaning_skipped" not in now.driver_internal_info


@pytest.mark.usefixtures("erasing")
def test_switching_it_on_does_not_begin_one(booted: Booted) -> None:
    _set(
        booted,
        provision_state=states.CLEANING,
        target_provision_state=states.AVAILABLE,
        automated_clean=True,
        driver_internal_info={"automated_cleaning_skipped": True, "clean_steps": None},
    )
    now = booted.core.in_worker(flows.recover, booted.node)
    assert now.provision_state == states.AVAILABLE
    assert now.driver_internal_info == {"clean_steps": None}


@pytest.mark.usefixtures("erasing")
def test_that_it_was_skipped_is_told(booted: Booted) -> None:
    _set(booted, automated_clean=False)
    booted.core.act(booted.node, "provide")
    noted = NodeJournal.rows(booted.core.context, booted.node.id)
    (skipped,) = [entry for entry in noted if entry["outcome"] == "skipped"]
    assert skipped["detail"] == "automated cleaning is off for this node"
    events = NodeHistory.list(booted.core.context, filters={"node_id": booted.node.id})
    assert [event.event_type for event in events] == ["automated_cleaning_skipped"]


@pytest.mark.usefixtures("erasing")
def test_after_a_failure_it_is_decided_anew(booted: Booted) -> None:
    booted.core.act(booted.node, "provide")
    failed = booted.core.in_worker(flows.timed_out, booted.node)
    assert failed.provision_state == states.CLEANFAIL
    assert failed.driver_internal_info.keys().isdisjoint(
        {"automated_cleaning_skipped", "cleaning_disable_ramdisk"}
    )


@pytest.fixture
def runbook(booted: Booted) -> Runbook:
    """A runbook for the node's trait."""
    steps = [
        {"interface": "deploy", "step": name, "args": {}, "order": order}
        for order, name in ((2, "erase_devices"), (1, "erase_pstore"))
    ]
    name = f"CUSTOM_{uuid.uuid4().hex.upper()}"
    made = Runbook(
        booted.core.context,
        uuid=str(uuid.uuid4()),
        name=name,
        steps=steps,
        disable_ramdisk=False,
        public=False,
    )
    made.create()
    with booted.core.task(booted.node) as task:
        task.node.set_traits([name])
    return made


@pytest.mark.parametrize("source", ["runbook", "hybrid"])
@pytest.mark.parametrize("where", ["for all", "by class", "by node"])
@pytest.mark.usefixtures("erasing")
def test_automated_cleaning_by_a_runbook(
    booted: Booted, option: Callable[..., None], runbook: Runbook, source: str, where: str
) -> None:
    option("automated_cleaning_step_source", source, group="conductor")
    with booted.core.task(booted.node) as task:
        task.node.resource_class = "gold"
        if where == "by node":
            task.node.driver_info = {"cleaning_runbook": runbook.name}
        task.node.save()
    if where == "for all":
        option("automated_cleaning_runbook", runbook.uuid, group="conductor")
    elif where == "by class":
        by_class = {"gold": runbook.name}
        option("automated_cleaning_runbook_by_resource_class", by_class, group="conductor")
    else:
        option("automated_cleaning_runbook_from_node", True, group="conductor")
    assert _provide(booted) == ["erase_pstore", "erase_devices"]


@pytest.mark.usefixtures("erasing")
def test_without_a_runbook(booted: Booted, option: Callable[..., None]) -> None:
    option("automated_cleaning_step_source", "hybrid", group="conductor")
    assert _provide(booted) == ["erase_devices_metadata", "erase_devices"]


def test_a_runbook_that_cannot_be_followed(
    booted: Booted, option: Callable[..., None], runbook: Runbook
) -> None:
    def refused() -> str:
        with pytest.raises(exception.InvalidParameterValue) as no:
            booted.core.act(booted.node, "provide")
        assert booted.now.provision_state == states.MANAGEABLE
        return no.value.message

    option("automated_cleaning_step_source", "runbook", group="conductor")
    assert "has no runbook" in refused()
    option("automated_cleaning_runbook", "CUSTOM_NOSUCH", group="conductor")
    assert "does not exist" in refused()
    option("automated_cleaning_runbook", runbook.name, group="conductor")
    with booted.core.task(booted.node) as task:
        task.node.set_traits([])
    assert "not approved for node" in refused()


def test_a_runbook_that_needs_no_ramdisk(
    booted: Booted, option: Callable[..., None], runbook: Runbook
) -> None:
    runbook.steps = [{"step": "power_on", "args": {}, "order": 1}]
    runbook.disable_ramdisk = True
    runbook.save()
    option("automated_cleaning_step_source", "runbook", group="conductor")
    option("automated_cleaning_runbook", runbook.name, group="conductor")
    cleaned = booted.core.act(booted.node, "provide")
    assert (cleaned.provision_state, cleaned.power_state) == (states.AVAILABLE, states.POWER_ON)
    assert "cleaning_disable_ramdisk" not in cleaned.driver_internal_info


def test_the_agent_is_told_how_to_erase(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("shred_random_overwrite_iterations", 3, group="deploy")
    option("continue_if_disk_secure_erase_fails", True, group="deploy")
    booted.clean(agent.offer("erase_devices"))
    told = agent.params[agent.commands[-1]["id"]]["node"]["driver_internal_info"]
    assert told["agent_erase_devices_iterations"] == 3
    assert told["agent_continue_if_secure_erase_failed"] is True
    assert told["agent_erase_devices_zeroize"] is True
    assert told["disk_erasure_concurrency"] == 4


def test_abort_before_the_agent_has_called(booted: Booted, agent: ScriptedAgent) -> None:
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    stopped = booted.core.act(booted.node, "abort")
    assert stopped.provision_state == states.CLEANFAIL
    assert stopped.power_state == states.POWER_OFF
    assert stopped.last_error == "The cleaning was aborted by request."
    assert booted.core.act(booted.node, "manage").provision_state == states.MANAGEABLE


def test_abort_in_a_step_of_the_agent(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two"))
    stopped = booted.core.act(booted.node, "abort")
    assert stopped.provision_state == states.CLEANFAIL
    assert stopped.last_error == "The cleaning was aborted by request at step deploy.one."
    assert (stopped.clean_step, agent.executed) == ({}, ["one"])


def test_abort_in_a_step_that_must_not_be_cut_off(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two", abortable=False))
    assert booted.core.act(booted.node, "abort").provision_state == states.CLEANWAIT
    # Not before the step has ended.
    assert booted.heartbeat().provision_state == states.CLEANWAIT
    agent.end()
    stopped = booted.heartbeat()
    assert stopped.provision_state == states.CLEANFAIL
    assert "aborted by request as soon as the step had ended" in stopped.last_error
    assert agent.executed == ["one"]


def test_hold_between_two_steps_of_the_agent(booted: Booted, agent: ScriptedAgent) -> None:
    one, two = agent.offer("one", "two")
    booted.clean([one, {"step": "hold"}, two])
    agent.end()
    assert booted.heartbeat().provision_state == states.CLEANHOLD
    # Its heartbeats are noted and change nothing.
    assert booted.heartbeat().provision_state == states.CLEANHOLD
    assert booted.core.act(booted.node, "unhold").clean_step["step"] == "two"
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE
    assert agent.executed == ["one", "two"]


def test_abort_while_held(booted: Booted, agent: ScriptedAgent) -> None:
    one, two = agent.offer("one", "two")
    booted.clean([one, {"step": "hold"}, two])
    agent.end()
    booted.heartbeat()
    stopped = booted.core.act(booted.node, "abort")
    assert stopped.provision_state == states.CLEANFAIL
    assert (stopped.power_state, agent.executed) == (states.POWER_OFF, ["one"])
