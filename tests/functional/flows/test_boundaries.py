# SPDX-License-Identifier: Apache-2.0
"""A conductor is killed at every boundary of every operation, and another one brings the node to its goal.

A boundary lies before each commit, and before and after each command to the BMC or the agent. Behind the one where it
is cut, the doomed conductor neither writes nor commands anything: not in its error handling either, as after SIGKILL.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.agents import agent_contact
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.hardware import boot_mode, power
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import orphans
from ironic_lite.db import engine
from ironic_lite.drivers.interfaces import steps as step_specs
from ironic_lite.drivers.modules.fake.deploy import FakeDeploy
from ironic_lite.drivers.modules.fake.management import FakeManagement
from ironic_lite.drivers.modules.fake.power import FakePower
from tests.functional.flows import booted, verbs
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.scripted_agent import ScriptedAgent
from tests.waiting import PATIENCE, wait_for

PASSWORD = "let me in"
RESET = {"interface": "bios", "step": "factory_reset"}
STEPS = {"clean": [RESET, {"step": "reboot"}, RESET], "service": [RESET, {"step": "power_off"}]}


class Killed(BaseException):
    """The conductor was killed."""


class Scene:
    """The conductor that is killed, the one that survives, and the server that both control.

    :param core: the survivor's.
    """

    def __init__(self, core: ConductorCore, agent: ScriptedAgent) -> None:
        self.survivor = core
        self.doomed = ConductorCore("doomed")
        self.agent = agent
        self.power: dict[str, str] = {}
        self.server = ""
        self.at = 0
        self.passed = 0
        self.dead = False
        self.token = ""

    def boundary(self, *_: Any) -> None:
        """A write or command of the doomed conductor is about to take effect, or just has."""
        try:
            if identity.current().host != "doomed":
                return
        except LookupError:
            return
        self.passed += 1
        if self.passed == self.at:
            self.dead = True
        if self.dead:
            raise Killed

    @property
    def alive(self) -> ConductorCore:
        return self.survivor if self.dead else self.doomed

    def begin(self, at: int) -> None:
        """Begin again with a doomed conductor that is killed at this boundary."""
        self.doomed.identity.workers.shutdown()
        self.doomed = ConductorCore("doomed")
        self.at, self.passed, self.dead, self.token = at, 0, False, ""
        self.agent.commands.clear()

    def do(self, function: Callable[..., Any], node: objects.Node, *args: Any) -> None:
        """Send a client's request, and repeat it until a conductor has accepted it."""
        before = node.provision_state
        for _ in range(2):
            try:
                with self.alive.task(self.alive.node(node)) as task:
                    function(task, *args)
                return
            except Killed:
                self._bury(node)
                now = self.survivor.node(node)
                if now.provision_state != before or flows.needs_conductor(now):
                    return

    def play(self, node: objects.Node) -> Any:
        """Wait until no operation runs on the node."""

        def at_rest() -> bool:
            self.alive.identity.workers.drain(PATIENCE)
            now = self.survivor.node(node)
            if now.reservation == "doomed" and self.dead:
                self._bury(node)
            elif now.reservation is None and flows.needs_conductor(now):
                with self.survivor.identity.active():
                    orphans.take_up(self.survivor.context, node.uuid)
            elif now.reservation is None and provision_states.is_waiting(now.provision_state):
                self._call(now)
            else:
                return now.reservation is None
            return False

        wait_for(
            at_rest, "the node to come to rest", interval=0.002, describe=lambda: self._told(node)
        )
        return self.survivor.node(node)

    def _told(self, node: objects.Node) -> Any:
        """Return the last entry of the journal."""
        entries = objects.NodeJournal.rows(
            self.survivor.context, node.id, limit=12, sort_dir="desc"
        )
        now = self.survivor.node(node)
        fields = (now.provision_state, now.reservation, now.operation, now.last_error, self.at)
        shown = ("conductor", "kind", "subject", "outcome", "detail")
        return fields, [[entry[name] for name in shown] for entry in reversed(entries)]

    def _bury(self, node: objects.Node) -> None:
        objects.Node.release_orphans(self.survivor.context, ["doomed"], by="core")

    def _call(self, now: Any) -> None:
        """End the agent's command, and send a heartbeat."""
        if now.agent_secret_token is None:
            # The server was booted again.
            self.agent.restart()
            self.token = booted.look_up(self.survivor.context, now.id)
        if self.agent.commands:
            self.agent.end()
        try:
            with self.alive.identity.active():
                agent_contact.heartbeat(
                    self.survivor.context, now.id, self.agent.url, "13.0.0", self.token
                )
        except (Killed, exception.NodeLocked):
            pass


@pytest.fixture
def scene(
    core: ConductorCore, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    made = Scene(core, agent)

    def read(_: Any, task: Any) -> str:
        return made.power.setdefault(task.node.uuid, states.POWER_OFF)

    def command(_: Any, task: Any, state: str = states.REBOOT, timeout: int | None = None) -> None:
        made.boundary()
        made.power[task.node.uuid] = states.POWER_TARGETS[state]
        made.boundary()

    def exchange(self: Any, *args: Any, **kwargs: Any) -> Any:
        made.boundary()
        answer = ask(self, *args, **kwargs)
        if "standby.power_off" in (kwargs.get("data") or ""):
            made.power[made.server] = states.POWER_OFF
        made.boundary()
        return answer

    ask = requests.Session.request
    monkeypatch.setattr(requests.Session, "request", exchange)
    monkeypatch.setattr(FakePower, "get_power_state", read)
    monkeypatch.setattr(FakePower, "set_power_state", command)
    monkeypatch.setattr(FakePower, "reboot", lambda self, task, timeout=None: command(self, task))
    sa.event.listen(engine.get(), "commit", made.boundary)
    yield made
    made.doomed.identity.workers.shutdown()
    sa.event.remove(engine.get(), "commit", made.boundary)


def start_clean(task: Any, steps: list[Any]) -> None:
    verbs.clean(task, steps, disable_ramdisk=True)


def start_service(task: Any, steps: list[Any]) -> None:
    verbs.service(task, steps, disable_ramdisk=True)


OPERATIONS: dict[str, tuple[str, Callable[..., Any], tuple[Any, ...], str, str | None]] = {
    "verify": (states.ENROLL, verbs.act, ("manage",), states.MANAGEABLE, None),
    "provide": (states.MANAGEABLE, verbs.act, ("provide",), states.AVAILABLE, None),
    "clean": (
        states.MANAGEABLE,
        start_clean,
        (STEPS["clean"],),
        states.MANAGEABLE,
        states.POWER_ON,
    ),
    "deploy": (states.AVAILABLE, verbs.deploy, (), states.ACTIVE, states.POWER_ON),
    "tear down": (states.ACTIVE, verbs.delete, (), states.AVAILABLE, states.POWER_OFF),
    "adopt": (states.MANAGEABLE, verbs.act, ("adopt",), states.ACTIVE, None),
    "inspect": (states.MANAGEABLE, verbs.inspect, (), states.MANAGEABLE, None),
    "rescue": (states.ACTIVE, verbs.rescue, (PASSWORD,), states.RESCUE, None),
    "unrescue": (states.RESCUE, verbs.unrescue, (), states.ACTIVE, None),
    "service": (states.ACTIVE, start_service, (STEPS["service"],), states.ACTIVE, states.POWER_OFF),
}
"""``(state before, what the client asks for, its arguments, goal, power at the end)``"""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_cut_anywhere_reaches_its_goal(scene: Scene, operation: str) -> None:
    before, start, args, goal, ends_with = OPERATIONS[operation]
    _cut_everywhere(scene, {"provision_state": before}, start, args, goal, ends_with)


def _cut_everywhere(
    scene: Scene,
    fields: dict[str, Any],
    start: Callable[..., Any],
    args: tuple[Any, ...],
    goal: str,
    powered: str | None,
    error: str = "",
) -> int:
    """Kill the conductor at the first boundary, the second ... until none is left; return their number."""
    for at in range(1, 200):
        scene.begin(at)
        node = scene.survivor.create_node(fields["provision_state"], **_others(fields))
        scene.server = node.uuid
        scene.do(start, node, *args)
        end = scene.play(node)
        where = f"cut at boundary {at}: {end.last_error}"
        assert end.provision_state == goal, where
        assert end.last_error is None if not error else error in end.last_error, where
        assert (end.operation, end.target_power_state) == (None, None), where
        assert powered is None or end.power_state == scene.power[node.uuid] == powered, where
        _check_journal(scene, node, where)
        if not scene.dead:
            return at - 1
    raise AssertionError("the operation has no end")


def _others(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "provision_state"}


def _check_journal(scene: Scene, node: objects.Node, where: str) -> None:
    """Each entry about an end has one about the start, and entries name the right conductor."""
    entries = objects.NodeJournal.rows(scene.survivor.context, node.id)
    begun: set[tuple[Any, ...]] = set()
    for entry in entries:
        matter = (entry["operation"], entry["kind"], entry["subject"])
        if entry["outcome"] in ("started", "repeated"):
            begun.add(matter)
        elif entry["kind"] in ("step", "phase", "operation"):
            assert matter in begun, (where, entry)
    # What a server does when it boots is noted by whoever sees it.
    writers = [entry["conductor"] for entry in entries if entry["kind"] not in ("lock", "boot")]
    if scene.dead:
        assert writers == sorted(writers, key=["doomed", "core"].index), where


def test_a_failure_that_is_cut_anywhere_is_the_same_failure(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    @step_specs.deploy_step(priority=100, repeatable=True)
    def deploy(_: Any, task: Any) -> None:
        task.set_power(states.POWER_ON)
        raise exception.IPMIFailure(cmd="smoke")

    monkeypatch.setattr(FakeDeploy, "deploy", deploy)
    _cut_everywhere(
        scene,
        {"provision_state": states.AVAILABLE},
        verbs.deploy,
        (),
        states.DEPLOYFAIL,
        states.POWER_OFF,
        "smoke",
    )


def test_a_change_of_power_cut_anywhere_takes_place(scene: Scene) -> None:
    fields = {"provision_state": states.ACTIVE, "power_state": states.POWER_OFF}

    def ask(task: Any, state: str) -> None:
        power.request(task, state)

    for state, target in ((states.REBOOT, states.POWER_ON), (states.POWER_ON, states.POWER_ON)):
        _cut_everywhere(scene, fields, ask, (state,), states.ACTIVE, target)


def test_what_is_no_flow_takes_place_or_is_said_to_be_cut_off(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeManagement, "set_boot_mode", scene.boundary)
    for at in range(1, 50):
        scene.begin(at)
        node = scene.survivor.create_node(states.MANAGEABLE)
        scene.do(boot_mode.request, node, "uefi")
        end = scene.play(node)
        assert end.operation is None
        if end.boot_mode != "uefi":
            wanted = "Change boot mode to 'uefi': the conductor died during the operation"
            assert end.last_error.startswith(wanted), at
        if not scene.dead:
            return
    raise AssertionError("it has no end")


def test_an_abort_cut_anywhere_aborts(scene: Scene) -> None:
    steps = scene.agent.offer("one")

    def start(task: Any) -> None:
        verbs.clean(task, steps)

    def abort(task: Any) -> None:
        if task.node.provision_state == states.CLEANWAIT:
            verbs.act(task, "abort")

    for at in range(1, 200):
        scene.begin(0)
        node = scene.survivor.create_node(states.MANAGEABLE, deploy_interface="direct")
        scene.server = node.uuid
        waiting = scene.survivor.do(start, node)
        assert waiting.provision_state == states.CLEANWAIT
        scene.at, scene.passed = at, 0
        scene.do(abort, waiting)
        end = scene.play(node)
        assert end.provision_state == states.CLEANFAIL, (at, end.last_error)
        assert end.last_error == "The cleaning was aborted by request.", at
        assert (end.operation, scene.power[node.uuid]) == (None, states.POWER_OFF), at
        if not scene.dead:
            return
    raise AssertionError("the abort has no end")


def test_cleaning_in_the_agent_cut_anywhere(scene: Scene) -> None:
    steps = scene.agent.offer("one", "two")
    fields = {"provision_state": states.MANAGEABLE, "deploy_interface": "direct"}
    cuts = _cut_everywhere(
        scene, fields, verbs.clean, (steps,), states.MANAGEABLE, states.POWER_OFF
    )
    assert cuts > 20


def test_a_deployment_in_the_agent_cut_anywhere(scene: Scene) -> None:
    scene.agent.offer("write_it", priority=70)
    fields = {"provision_state": states.AVAILABLE, "deploy_interface": "custom-agent"}
    _cut_everywhere(scene, fields, verbs.deploy, (), states.ACTIVE, states.POWER_ON)


def test_a_rescue_in_the_agent_cut_anywhere(scene: Scene) -> None:
    fields = {
        "provision_state": states.ACTIVE,
        "deploy_interface": "direct",
        "rescue_interface": "agent",
    }
    _cut_everywhere(scene, fields, verbs.rescue, (PASSWORD,), states.RESCUE, states.POWER_ON)
