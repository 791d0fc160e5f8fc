# SPDX-License-Identifier: Apache-2.0
"""Recovery after a conductor dies while it handles a failure, or works on a parent or child node."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor.agents import agent_contact
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.periodics import orphans, owned
from ironic_lite.drivers.modules.fake.power import FakePower
from tests.functional.flows import verbs
from tests.functional.flows.booted import Booted
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.scripted_agent import ScriptedAgent
from tests.waiting import PATIENCE, wait_for

DOOMED = "doomed"
MEDIA_ERROR = "the agent reports: disk sda: media error."


class Killed(BaseException):
    """The conductor was killed."""


@pytest.fixture
def deadly_power(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Once this is set, the conductor dies at its next change of power."""
    armed = threading.Event()
    change = FakePower.set_power_state

    def set_power_state(self: FakePower, task: Any, state: str, timeout: int | None = None) -> None:
        if armed.is_set() and identity.current().host == DOOMED:
            raise Killed
        change(self, task, state, timeout)

    monkeypatch.setattr(FakePower, "set_power_state", set_power_state)
    monkeypatch.setattr(owned, "_is_ours", lambda _row: True)
    return armed


def bury(doomed: ConductorCore, survivor: ConductorCore) -> None:
    doomed.identity.workers.drain(PATIENCE)
    objects.Node.release_orphans(survivor.context, [DOOMED], even_if_alive=True)


def taken_up(survivor: ConductorCore, node: objects.Node) -> Any:
    with survivor.identity.active():
        orphans.recover(survivor.context)
    survivor.identity.workers.drain(PATIENCE)
    return survivor.node(node)


@pytest.fixture
def failing(core: ConductorCore, agent: ScriptedAgent, deadly_power: threading.Event) -> Booted:
    """A cleaning whose step has failed in the agent, and whose conductor dies before it powers the server off."""
    node = core.create_node(states.MANAGEABLE, deploy_interface="direct")
    booted = Booted(ConductorCore(DOOMED), agent, node)
    booted.clean(agent.offer("one"))
    agent.end("FAILED", error="disk sda: media error.")
    deadly_power.set()
    return booted


def test_a_failure_in_a_wait_state_keeps_its_cause(core: ConductorCore, failing: Booted) -> None:
    doomed = failing.core
    with doomed.identity.active():
        call = (doomed.context, failing.node.id, failing.agent.url, "13.0.0", failing.token)
        agent_contact.heartbeat(*call)
    bury(doomed, core)
    failed = taken_up(core, failing.node)
    assert failed.provision_state == states.CLEANFAIL
    assert failed.power_state == states.POWER_OFF
    assert MEDIA_ERROR in failed.last_error
    told = objects.NodeHistory.rows(core.context, ["event"], filters={"node_id": failed.id})
    assert any(MEDIA_ERROR in entry["event"] for entry in told)


def test_an_aborted_operation_is_cleaned_up_after_before_the_next(
    core: ConductorCore, failing: Booted
) -> None:
    doomed = failing.core
    with doomed.task(failing.node) as task:
        task.node.clean_step = {**task.node.clean_step, "abortable": True}
        verbs.act(task, "abort")
    bury(doomed, core)
    assert core.node(failing.node).provision_state == states.CLEANFAIL
    with pytest.raises(exception.NodeLeftOff):
        core.act(failing.node, "manage")
    cleaned_up = taken_up(core, failing.node)
    assert (cleaned_up.operation, cleaned_up.power_state) == (None, states.POWER_OFF)
    assert core.act(failing.node, "manage").provision_state == states.MANAGEABLE


def test_parent_and_child_are_taken_up_at_once(
    core: ConductorCore,
    deadly_power: threading.Event,
    option: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the child is resumed first, its power is being changed when the parent's step is repeated on it."""
    option("node_locked_retry_attempts", 1, group="conductor")
    option("node_locked_retry_interval", 0.05, group="conductor")
    on = {"power_state": states.POWER_ON}
    parent = core.create_node(states.ACTIVE, **on)
    child = core.create_node(states.ACTIVE, parent_node=parent.uuid, **on)
    doomed = ConductorCore(DOOMED)
    deadly_power.set()
    step = {"step": "power_off", "execute_on_child_nodes": True}
    with doomed.task(parent) as task:
        verbs.service(task, [step], disable_ramdisk=True)
    bury(doomed, core)
    assert core.node(child).target_power_state == states.POWER_OFF

    reserve, refused = objects.Node.reserve, []
    change = FakePower.set_power_state

    def noticed(*args: Any, **kw: Any) -> Any:
        try:
            return reserve(*args, **kw)
        except exception.NodeLocked:
            refused.append(args)
            raise

    def slow(self: FakePower, task: Any, state: str, timeout: int | None = None) -> None:
        if task.node.uuid == child.uuid and task.purpose == "recovery":
            wait_for(lambda: len(refused) > 3, "the parent's step to ask for the child's lock")
        change(self, task, state, timeout)

    monkeypatch.setattr(objects.Node, "reserve", noticed)
    monkeypatch.setattr(FakePower, "set_power_state", slow)
    done = taken_up(core, parent)
    assert (done.provision_state, done.last_error) == (states.ACTIVE, None)
    assert core.node(child).power_state == states.POWER_OFF


@pytest.mark.parametrize("asked", [states.POWER_OFF, states.SOFT_POWER_OFF, states.SOFT_REBOOT])
def test_a_power_off_that_has_been_forbidden_meanwhile(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Its conductor died during the operation. The server stays on, and last_error says why."""
    monkeypatch.setattr(owned, "_is_ours", lambda _row: True)
    node = core.create_node(states.MANAGEABLE, power_state=states.POWER_ON, disable_power_off=True)
    with core.task(node) as task:
        task.node.target_power_state = states.POWER_TARGETS[asked]
        journal.note(task, terms.POWER, asked, terms.STARTED)
        task.node.save()
    end = taken_up(core, node)
    assert (end.power_state, end.target_power_state) == (states.POWER_ON, None)
    assert "must not be powered off (disable_power_off is set)" in end.last_error
