# SPDX-License-Identifier: Apache-2.0
"""Waiting nodes and their agents: polled, lost, held, and before their first heartbeat."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, redaction, states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.agents import agent_contact
from ironic_lite.conductor.periodics import agents, lost_power
from ironic_lite.conductor.periodics.agents import Agents
from ironic_lite.conductor.periodics.power_sync import PowerSync
from ironic_lite.drivers.modules.agent.base import AgentBase
from ironic_lite.drivers.modules.fake.power import FakePower
from tests.functional.flows import verbs
from tests.functional.flows.booted import Booted
from tests.functional.flows.scripted_agent import ScriptedAgent
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

HOLD = {"step": "hold"}


@pytest.fixture
def asking(booted: Booted, option: Callable[..., None]) -> Iterator[None]:
    """The conductor polls agents continuously."""
    option("command_check_interval", 0.05, group="agent")
    option("command_checks_per_second", 200, group="agent")
    stop = threading.Event()
    thread = threading.Thread(target=Agents(booted.core.identity, stop).run)
    thread.start()
    yield
    stop.set()
    thread.join(PATIENCE)


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """UUIDs of nodes whose servers are off, whatever their records say; a change of power powers them on."""
    found: set[str] = set()
    change, reboot = FakePower.set_power_state, FakePower.reboot

    def get_power_state(self: FakePower, task: Any) -> Any:
        return states.POWER_OFF if task.node.uuid in found else task.node.power_state

    def set_power_state(self: FakePower, task: Any, *args: Any, **kwargs: Any) -> None:
        found.discard(task.node.uuid)
        change(self, task, *args, **kwargs)

    def start_again(self: FakePower, task: Any, *args: Any, **kwargs: Any) -> None:
        found.discard(task.node.uuid)
        reboot(self, task, *args, **kwargs)

    monkeypatch.setattr(FakePower, "get_power_state", get_power_state)
    monkeypatch.setattr(FakePower, "set_power_state", set_power_state)
    monkeypatch.setattr(FakePower, "reboot", start_again)
    return found


def sweep(booted: Booted) -> Any:
    """Run power sync for the node."""
    syncing = PowerSync(threading.Event())
    core = booted.core
    with (
        core.identity.active(),
        task_manager.acquire(core.context, booted.node.id, shared=True) as task,
    ):
        syncing._sync(task)
    return core.idle(booted.node)


def wait_for_step(booted: Booted, step: str) -> None:
    wait_for(lambda: booted.now.clean_step.get("step") == step, f"step {step}")
    booted.core.idle(booted.node)


@pytest.mark.usefixtures("asking")
def test_commands_that_end_are_noticed_without_a_call(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two"))
    agent.end()
    wait_for_step(booted, "two")
    agent.end()
    wait_for(lambda: booted.now.provision_state == states.MANAGEABLE, "the cleaning to end")
    assert agent.executed == ["one", "two"]


@pytest.mark.usefixtures("asking")
def test_a_call_that_was_lost_with_its_conductor(booted: Booted, agent: ScriptedAgent) -> None:
    """The conductor that recorded the heartbeat died: the one that takes over polls the agent."""
    core = booted.core
    core.do(verbs.clean, booted.node, agent.offer("one"))
    booted.look_up()
    recorded = objects.Node.record_heartbeat(
        core.context, booted.node.id, booted.token, agent.url, "13.0.0"
    )
    assert recorded is not None
    core.identity.watch(booted.node.uuid)
    wait_for_step(booted, "one")


@pytest.mark.usefixtures("asking")
def test_an_agent_is_asked_over_and_over_while_its_step_runs(
    booted: Booted, agent: ScriptedAgent
) -> None:
    booted.clean(agent.offer("one"))
    asked = len(agent.tokens)
    wait_for(lambda: len(agent.tokens) >= asked + 5, "the agent to be asked")
    assert booted.now.clean_step["step"] == "one"


@pytest.mark.usefixtures("asking")
def test_an_agent_that_looks_its_node_up_again_is_not_lost(
    booted: Booted, agent: ScriptedAgent
) -> None:
    booted.clean(agent.offer("one"))
    token = booted.token
    asked = len(agent.tokens)
    assert booted.look_up() == redaction.MASK
    wait_for(lambda: len(agent.tokens) >= asked + 3, "the agent to be asked")
    assert booted.now.agent_secret_token == token
    assert booted.now.provision_state == states.CLEANWAIT


@pytest.mark.usefixtures("asking")
def test_an_agent_that_is_silent_for_a_while_is_not_lost(
    booted: Booted, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked its node up again before it writes an image, and the disk keeps it from answering."""
    monkeypatch.setattr(agents, "_SILENCE_PAUSE", 0.05)
    silences: list[Any] = []

    def silent(self: AgentBase, task: Any) -> bool:
        silences.append(task.node.uuid)
        raise exception.AgentConnectionFailed(reason="timed out")

    booted.clean(agent.offer("one"))
    token = booted.token
    with monkeypatch.context() as patched:
        patched.setattr(AgentBase, "has_ended", silent)
        assert booted.look_up() == redaction.MASK
        wait_for(lambda: len(silences) >= 6, "the agent to be silent")
    assert booted.now.agent_secret_token == token
    agent.end()
    wait_for(lambda: booted.now.provision_state == states.MANAGEABLE, "the cleaning to end")


@pytest.mark.usefixtures("asking")
def test_nodes_under_maintenance_are_left_alone(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    with booted.core.task(booted.node) as task:
        task.node.maintenance = True
        task.node.save()
    agent.end()
    asked = len(agent.tokens)
    booted.core.identity.watch(booted.node.uuid)
    wait_for(booted.core.identity.watched.empty, "the conductor to look")
    assert booted.now.clean_step["step"] == "one"
    assert len(agent.tokens) <= asked + 1


def test_lost_power_is_not_forced_back_but_ends_the_step(
    booted: Booted, agent: ScriptedAgent, pulled: set[str]
) -> None:
    booted.clean(agent.offer("one"))
    pulled.add(booted.node.uuid)
    failed = sweep(booted)
    assert failed.provision_state == states.CLEANFAIL
    assert failed.last_error.startswith(
        "The cleaning failed at step deploy.one: the server was powered off while the node waited for its agent, so "
        "the result of the step is unknown."
    )
    assert (failed.power_state, failed.agent_secret_token) == (states.POWER_OFF, None)


def test_a_ramdisk_that_lost_power_before_it_was_up(
    booted: Booted, agent: ScriptedAgent, pulled: set[str]
) -> None:
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    old = booted.look_up()
    pulled.add(booted.node.uuid)
    waiting = sweep(booted)
    assert (waiting.provision_state, waiting.power_state) == (states.CLEANWAIT, states.POWER_ON)
    assert booted.look_up() not in (old, redaction.MASK)
    assert booted.heartbeat().clean_step["step"] == "one"


def test_a_flow_that_was_held_boots_the_ramdisk_again(
    booted: Booted, agent: ScriptedAgent, pulled: set[str]
) -> None:
    """Hardware is exchanged while a node is held: the server stays off meanwhile."""
    held = booted.clean([HOLD, *agent.offer("one")])
    assert held.provision_state == states.CLEANHOLD
    pulled.add(booted.node.uuid)
    held = sweep(booted)
    assert (held.provision_state, held.power_state) == (states.CLEANHOLD, states.POWER_OFF)
    assert held.agent_secret_token is None
    waiting = booted.core.act(booted.node, "unhold")
    assert (waiting.provision_state, waiting.clean_step["step"]) == (
        states.CLEANWAIT,
        "boot_ramdisk",
    )
    agent.restart()
    booted.look_up()
    assert booted.heartbeat().clean_step["step"] == "one"


@pytest.mark.parametrize("place", [None, "0", 7])
def test_a_flow_that_was_held_at_no_known_place_begins_anew(
    booted: Booted, agent: ScriptedAgent, pulled: set[str], place: object
) -> None:
    """The record of the steps is missing or invalid, so the conductor does not know where to boot the ramdisk."""
    listed = booted.clean([HOLD, *agent.offer("one")]).driver_internal_info["clean_steps"]
    with booted.core.task(booted.node) as task:
        task.node.set_driver_internal_info("clean_step_index", place)
        task.node.save()
    pulled.add(booted.node.uuid)
    held = sweep(booted)
    assert (held.provision_state, held.power_state) == (states.CLEANHOLD, states.POWER_OFF)
    assert (held.agent_secret_token, held.last_error) == (None, None)
    assert held.driver_internal_info["clean_steps"] == listed
    waiting = booted.core.act(booted.node, "unhold")
    assert (waiting.provision_state, waiting.power_state) == (states.CLEANWAIT, states.POWER_ON)
    assert waiting.clean_step == {}, "it waits for the agent that tells which steps there are"
    agent.restart()
    booted.look_up()
    assert booted.heartbeat().clean_step["step"] == "hold"
    assert booted.core.act(booted.node, "unhold").clean_step["step"] == "one"


def test_an_aborted_step_that_loses_its_agent_ends_as_aborted(
    booted: Booted, agent: ScriptedAgent, pulled: set[str]
) -> None:
    booted.clean(agent.offer("one", abortable=False))
    booted.core.act(booted.node, "abort")
    pulled.add(booted.node.uuid)
    assert "aborted by request" in sweep(booted).last_error


def test_an_idle_ramdisk_that_lost_power(
    booted: Booted, agent: ScriptedAgent, pulled: set[str], option: Callable[..., None]
) -> None:
    """With fast-track: power is put back, and the agent that comes up then gets a token of its own."""
    option("fast_track", True, group="deploy")
    booted.clean(agent.offer("one"))
    agent.end()
    old = booted.token
    assert booted.heartbeat().power_state == states.POWER_ON
    pulled.add(booted.node.uuid)
    put_back = sweep(booted)
    assert (put_back.power_state, put_back.agent_secret_token) == (states.POWER_ON, None)
    assert booted.look_up() not in (old, redaction.MASK)


def test_a_silent_bmc_proves_nothing(
    booted: Booted, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booted.clean(agent.offer("one"))

    def silent(self: FakePower, task: Any) -> None:
        raise lost_power.exception.IronicLiteError("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(FakePower, "get_power_state", silent)
        waiting = sweep(booted)
    assert (waiting.provision_state, waiting.maintenance) == (states.CLEANWAIT, False)
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE


def test_an_agent_that_has_just_got_its_token_is_waited_for(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    """Fast-track right after an inspection: the agent is up, and will send its first heartbeat soon."""
    option("fast_track", True, group="deploy")
    with booted.core.task(booted.node) as task:
        task.node.power_state = states.POWER_ON
        task.node.save()
    token = booted.look_up()
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(booted.core.do, verbs.clean, booted.node, agent.offer("one"))
        wait_for(lambda: booted.now.provision_state == states.CLEANING, "the cleaning to begin")
        with booted.core.identity.active():
            agent_contact.heartbeat(
                booted.core.context, booted.node.id, agent.url, "13.0.0", booted.token
            )
        waiting = begun.result()
    assert (waiting.provision_state, waiting.clean_step["step"]) == (states.CLEANWAIT, "one")
    assert waiting.agent_secret_token == token, "it was not booted again"
