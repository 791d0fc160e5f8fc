# SPDX-License-Identifier: Apache-2.0
"""What goes wrong at the hardware, and with the conductor itself."""

import contextlib
import dataclasses
import sqlite3
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor.operations import flows
from ironic_lite.db import engine
from ironic_lite.drivers.interfaces import steps as step_specs
from ironic_lite.drivers.modules.fake.bios import FakeBIOS
from ironic_lite.drivers.modules.fake.power import FakePower
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore
from tests.waiting import PATIENCE

RESET = {"interface": "bios", "step": "factory_reset"}


@pytest.fixture
def broken_power(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kw: Any) -> None:
        raise RuntimeError("smoke")

    monkeypatch.setattr(FakePower, "set_power_state", fail)
    monkeypatch.setattr(FakePower, "reboot", fail)


def _bios_step(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    """Set what happens in the step ``bios.factory_reset``."""
    original = FakeBIOS.factory_reset

    def step(self: FakeBIOS, task: Any) -> None:
        work(task)

    marks = vars(original)
    step.__dict__.update(marks)
    step.__name__ = original.__name__
    monkeypatch.setattr(FakeBIOS, "factory_reset", step)


@pytest.mark.usefixtures("broken_power")
def test_a_failed_deploy_step_is_named_and_can_be_retried(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = core.create_node(states.AVAILABLE)
    failed = core.do(verbs.deploy, node)
    assert failed.provision_state == states.DEPLOYFAIL
    assert failed.target_provision_state == states.ACTIVE
    assert failed.last_error.startswith("The deployment failed at step deploy.deploy: smoke.")
    assert "Cleaning up after it failed as well: smoke" in failed.last_error
    assert failed.deploy_step == {}
    assert failed.reservation is None
    monkeypatch.undo()
    healed = core.do(verbs.deploy, node)
    assert (healed.provision_state, healed.last_error) == (states.ACTIVE, None)


def test_a_database_that_is_away_fails_nothing(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch, option: Any
) -> None:
    """The deployment stops at its recorded step, and continues when the database answers again."""
    option("sqlite_busy_timeout", 1, group="database")
    option("max_retries", 0, group="database")
    engine.dispose()
    node = core.create_node(states.AVAILABLE)

    def away(_self: FakePower, task: Any, *_args: Any, **_kw: Any) -> None:
        with contextlib.closing(sqlite3.connect(engine.url().database)) as other:
            other.isolation_level = None
            other.execute("BEGIN EXCLUSIVE")
            task.node.power_state = states.POWER_ON
            task.node.save()

    monkeypatch.setattr(FakePower, "set_power_state", away)
    left = core.do(verbs.deploy, node)
    assert (left.provision_state, left.last_error) == (states.DEPLOYING, None)
    monkeypatch.undo()
    done = core.in_worker(flows.recover, node)
    assert (done.provision_state, done.last_error) == (states.ACTIVE, None)


def test_a_bmc_that_does_not_answer(core: ConductorCore, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_args: Any) -> str:
        raise exception.IPMIFailure(cmd="get power: no answer within 60 seconds")

    monkeypatch.setattr(FakePower, "get_power_state", silent)
    node = core.create_node()
    failed = core.act(node, "manage")
    assert (failed.provision_state, failed.target_provision_state) == (states.ENROLL, None)
    assert "no answer within 60 seconds" in failed.last_error


@pytest.mark.usefixtures("broken_power")
def test_tear_down_that_fails(core: ConductorCore) -> None:
    node = core.create_node(states.ACTIVE, power_state=states.POWER_ON)
    failed = core.do(verbs.delete, node)
    assert failed.provision_state == states.ERROR
    assert "smoke" in failed.last_error


def test_a_clean_step_that_breaks_off_puts_the_node_under_maintenance(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_task: Any) -> None:
        raise ZeroDivisionError

    _bios_step(monkeypatch, work)
    node = core.create_node(states.MANAGEABLE)
    failed = core.do(verbs.clean, node, [RESET])
    assert failed.provision_state == states.CLEANFAIL
    assert failed.last_error == "The cleaning failed at step bios.factory_reset: ZeroDivisionError."
    assert (failed.maintenance, failed.fault) == (True, "clean failure")
    assert failed.maintenance_reason == failed.last_error


def test_a_task_that_has_lost_its_lock_writes_nothing(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def work(task: Any) -> None:
        ran.append(task.node.clean_step["step"])
        # Another conductor believes this one dead and takes the node over.
        objects.Node.release_orphans(task.context, ["core"])
        taken = objects.Node.reserve(task.context, "other", task.node.id)
        assert taken.provision_state == states.CLEANING

    _bios_step(monkeypatch, work)
    node = core.create_node(states.MANAGEABLE)
    with core.task(node) as task:
        verbs.clean(task, [RESET, RESET])
    assert core.identity.workers.drain(PATIENCE)
    left = core.node(node)
    # It neither continued nor recorded a failure on the node, which another conductor has locked.
    assert ran == ["factory_reset"]
    assert (left.provision_state, left.reservation) == (states.CLEANING, "other")
    assert left.last_error is None
    assert left.driver_internal_info["clean_step_index"] == 0


def _interrupted(core: ConductorCore, step: dict[str, Any], index: int = 0) -> objects.Node:
    """A node that a conductor left in the middle of a manual cleaning."""
    return core.create_node(
        states.CLEANING,
        target_provision_state=states.MANAGEABLE,
        clean_step=step,
        driver_internal_info={
            "clean_steps": [RESET, step],
            "clean_step_index": index,
            "user_clean_steps": [RESET, step],
        },
    )


def test_another_conductor_goes_on_where_the_dead_one_stopped(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    _bios_step(
        monkeypatch,
        lambda task: ran.append(task.node.driver_internal_info["clean_step_index"]),
    )
    node = _interrupted(core, RESET, index=1)
    done = core.in_worker(flows.recover, node)
    assert done.provision_state == states.MANAGEABLE
    assert ran == [1]


def test_a_step_that_must_not_be_repeated_is_not(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsafe(self: FakeBIOS, kind: str, name: str) -> Any:
        spec = step_spec(self, kind, name)
        return spec and dataclasses.replace(spec, repeatable=False)

    step_spec = FakeBIOS.step_spec
    monkeypatch.setattr(FakeBIOS, "step_spec", unsafe)
    failed = core.in_worker(flows.recover, _interrupted(core, RESET, index=1))
    assert failed.provision_state == states.CLEANFAIL
    assert "at step bios.factory_reset" in failed.last_error
    assert "its conductor died while it ran. It cannot safely be repeated" in failed.last_error


@pytest.mark.parametrize(
    ("state", "target", "rests"),
    [
        (states.VERIFYING, states.MANAGEABLE, states.MANAGEABLE),
        (states.DEPLOYING, states.ACTIVE, states.ACTIVE),
        (states.CLEANING, states.AVAILABLE, states.AVAILABLE),
        (states.DELETING, states.AVAILABLE, states.AVAILABLE),
        (states.INSPECTING, states.MANAGEABLE, states.MANAGEABLE),
        (states.ADOPTING, states.ACTIVE, states.ACTIVE),
        (states.RESCUING, states.RESCUE, states.RESCUE),
        (states.UNRESCUING, states.ACTIVE, states.ACTIVE),
        (states.SERVICING, states.ACTIVE, states.ACTIVE),
    ],
)
def test_every_working_state_is_recovered(
    core: ConductorCore, state: str, target: str, rests: str
) -> None:
    node = core.create_node(state, target_provision_state=target)
    recovered = core.in_worker(flows.recover, node)
    assert (recovered.provision_state, recovered.target_provision_state) == (rests, None)
    assert recovered.last_error is None


def test_every_working_state_has_a_flow() -> None:
    assert sorted(flow.working for flow in flows.ALL) == provision_states.names(Kind.WORKING)


@pytest.mark.parametrize("state", provision_states.names(Kind.WAITING))
def test_waiting_for_too_long(core: ConductorCore, state: str) -> None:
    node = core.create_node(state, target_provision_state=states.AVAILABLE)
    failed = core.in_worker(flows.timed_out, node)
    assert provision_states.is_failed(failed.provision_state)
    assert f"timed out while in '{state}'" in failed.last_error
    assert "console" in failed.last_error


@pytest.mark.parametrize(
    ("state", "rests"),
    [
        (states.CLEANWAIT, states.CLEANFAIL),
        (states.DEPLOYWAIT, states.DEPLOYFAIL),
        (states.SERVICEWAIT, states.SERVICEFAIL),
        (states.INSPECTWAIT, states.INSPECTFAIL),
        (states.RESCUEWAIT, states.RESCUEFAIL),
    ],
)
def test_abort_while_waiting(core: ConductorCore, state: str, rests: str) -> None:
    node = core.create_node(state, target_provision_state=states.MANAGEABLE)
    stopped = core.act(node, "abort")
    assert stopped.provision_state == rests
    assert "aborted by request" in stopped.last_error


def test_abort_in_a_step_that_cannot_be_aborted_waits_for_its_end(core: ConductorCore) -> None:
    step = {"interface": "deploy", "step": "flash", "abortable": False}
    node = core.create_node(
        states.CLEANWAIT,
        target_provision_state=states.MANAGEABLE,
        clean_step=step,
        driver_internal_info={"clean_steps": [step, RESET], "clean_step_index": 0},
    )
    noted = core.act(node, "abort")
    assert noted.provision_state == states.CLEANWAIT
    stopped = core.in_worker(flows.resume, node)
    assert stopped.provision_state == states.CLEANFAIL
    assert "aborted by request" in stopped.last_error


def test_a_step_that_has_ended_is_not_repeated(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conductor died after the agent's step had ended and before the next one began."""
    ran: list[int] = []
    _bios_step(
        monkeypatch,
        lambda task: ran.append(task.node.driver_internal_info["clean_step_index"]),
    )
    node = core.create_node(
        states.CLEANING,
        target_provision_state=states.MANAGEABLE,
        driver_internal_info={"clean_steps": [RESET, RESET, RESET], "clean_step_index": 1},
    )
    assert core.in_worker(flows.recover, node).provision_state == states.MANAGEABLE
    assert ran == [1, 2]


def test_only_the_winding_up_is_left(core: ConductorCore, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_task: Any) -> None:
        raise AssertionError("no step is left to run")

    _bios_step(monkeypatch, work)
    node = core.create_node(
        states.CLEANING,
        target_provision_state=states.MANAGEABLE,
        driver_internal_info={"clean_steps": [RESET], "clean_step_index": 1},
    )
    assert core.in_worker(flows.recover, node).provision_state == states.MANAGEABLE


@pytest.mark.parametrize(
    ("answer", "ends", "ran"),
    [
        (True, states.MANAGEABLE, 0),
        (False, states.MANAGEABLE, 1),
        (None, states.CLEANFAIL, 0),
        (exception.IPMIFailure(cmd="silence"), states.CLEANFAIL, 0),
    ],
)
def test_a_step_that_tells_whether_it_happened(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch, answer: Any, ends: str, ran: int
) -> None:
    calls: list[str] = []
    asked: list[str] = []

    @step_specs.clean_step(priority=0, requires_ramdisk=False, happened="has_smoked")
    def factory_reset(_: Any, task: Any) -> None:
        calls.append(task.node.uuid)

    def has_smoked(_: Any, task: Any, step: dict[str, Any]) -> bool | None:
        asked.append(step["step"])
        if isinstance(answer, Exception):
            raise answer
        return bool(answer) if answer is not None else None

    class Smoking(FakeBIOS):
        pass

    monkeypatch.setattr(Smoking, "factory_reset", factory_reset)
    monkeypatch.setattr(Smoking, "has_smoked", has_smoked, raising=False)
    node = _interrupted(core, RESET, index=1)
    with core.task(node) as task:
        task.driver.bios = Smoking()
        task.spawn_after(flows.recover, task)
    done = core.idle(node)
    assert (done.provision_state, len(calls), asked) == (ends, ran, ["factory_reset"])
    if ends == states.CLEANFAIL:
        assert "its conductor died while it ran" in done.last_error


def test_what_takes_every_conductor_down_with_it_ends(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch, option: Any
) -> None:
    option("recovery_attempts", 2, group="conductor")
    ran: list[int] = []

    def work(task: Any) -> None:
        ran.append(1)
        objects.Node.release_orphans(task.context, ["core"])

    _bios_step(monkeypatch, work)
    node = core.create_node(states.MANAGEABLE)
    with core.task(node) as task:
        verbs.clean(task, [RESET, RESET], disable_ramdisk=True)
    for _ in range(3):
        assert core.identity.workers.drain(PATIENCE)
        core.in_worker(flows.recover, node)
    assert core.identity.workers.drain(PATIENCE)
    failed = core.node(node)
    assert (failed.provision_state, len(ran)) == (states.CLEANFAIL, 3)
    assert "was interrupted again after 2 repetitions" in failed.last_error
