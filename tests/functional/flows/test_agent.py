# SPDX-License-Identifier: Apache-2.0
"""Operations that go on in an agent: its lookup, its heartbeats, its commands, and all that may go wrong there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ironic_lite.common import exception, redaction, states
from ironic_lite.conductor.agents import agent_contact
from ironic_lite.conductor.hardware import power as power_requests
from ironic_lite.conductor.operations import flows
from ironic_lite.drivers.modules.agent import inband
from ironic_lite.drivers.modules.fake.boot import FakeBoot
from ironic_lite.drivers.modules.fake.power import FakePower
from ironic_lite.objects.node import Node
from tests.functional.flows import verbs
from tests.functional.flows.booted import Booted
from tests.functional.flows.scripted_agent import ScriptedAgent
from tests.waiting import PATIENCE, wait_for


def test_steps_in_the_agent(booted: Booted, agent: ScriptedAgent) -> None:
    first = booted.clean(agent.offer("one", "two"))
    assert (first.provision_state, first.clean_step["step"]) == (states.CLEANWAIT, "one")
    assert first.power_state == states.POWER_ON
    # The step still runs: nothing changes.
    assert booted.heartbeat().clean_step["step"] == "one"
    agent.end()
    assert booted.heartbeat().clean_step["step"] == "two"
    agent.end()
    done = booted.heartbeat()
    assert (done.provision_state, done.power_state) == (states.MANAGEABLE, states.POWER_OFF)
    assert agent.executed == ["one", "two"]
    assert set(agent.tokens) == {booted.token}
    assert (done.agent_url, done.agent_secret_token) == (None, None)


def test_the_agent_is_told_no_secret(booted: Booted, agent: ScriptedAgent) -> None:
    with booted.core.task(booted.node) as task:
        task.node.driver_info = {"ipmi_password": "hunter2"}
        task.node.instance_info = {"configdrive": "H4sIAAAA"}
        task.node.save()
    booted.clean(agent.offer("one"))
    told = str(agent.params)
    assert booted.node.uuid in told
    for secret in ("hunter2", "H4sIAAAA", booted.token):
        assert secret not in told


def test_a_failed_step(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two"))
    agent.end("FAILED", "no such disk")
    failed = booted.heartbeat()
    assert failed.provision_state == states.CLEANFAIL
    assert failed.last_error == (
        "The cleaning failed at step deploy.one: the agent reports: no such disk."
    )
    assert failed.power_state == states.POWER_OFF
    assert failed.agent_secret_token is None


def test_an_unknown_step(booted: Booted, agent: ScriptedAgent) -> None:
    agent.offer("one")
    failed = booted.clean([{"interface": "deploy", "step": "nosuch"}])
    assert failed.provision_state == states.CLEANFAIL
    assert "does not support this clean step: deploy.nosuch" in failed.last_error
    assert failed.power_state == states.POWER_OFF


def test_an_agents_old_steps_do_not_count(booted: Booted, agent: ScriptedAgent) -> None:
    """Another ramdisk has other steps: the steps of the last agent neither refuse nor allow a request."""
    booted.clean(agent.offer("one"))
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE
    failed = booted.clean([*agent.offer("two"), {"interface": "deploy", "step": "one"}])
    assert failed.provision_state == states.CLEANFAIL
    assert "does not support this clean step: deploy.one" in failed.last_error
    assert agent.executed == ["one"]


@pytest.mark.parametrize("version", ["6.4.1", "0.0.1.dev1", "0.0.0", "v13.0", "thirteen", "", None])
def test_an_agent_with_a_token_is_new_enough(
    booted: Booted, agent: ScriptedAgent, version: str | None
) -> None:
    """Ramdisks that operators have built may report anything."""
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    booted.look_up()
    assert booted.heartbeat(agent_version=version).clean_step["step"] == "one"


def test_a_call_while_the_conductor_is_at_work_is_not_lost(
    booted: Booted, agent: ScriptedAgent
) -> None:
    """The step ends before the conductor has saved the wait state, and the agent sends no second heartbeat."""

    def call_at_once() -> None:
        agent.end()
        with booted.core.identity.active():
            agent_contact.heartbeat(
                booted.core.context, booted.node.id, agent.url, "13.0.0", booted.token
            )

    agent.on_step = call_at_once
    done = booted.clean(agent.offer("one", "two", "three"))
    assert done.provision_state == states.MANAGEABLE
    assert agent.executed == ["one", "two", "three"]


def _kill_conductor(booted: Booted, forget: tuple[str, ...]) -> None:
    """The state that a conductor leaves if it dies after it has started a step and before it releases the lock."""
    with booted.core.task(booted.node) as task:
        task.node.provision_state = states.CLEANING
        for key in forget:
            task.node.del_driver_internal_info(key)
        task.node.save()


@pytest.mark.parametrize("forget", [(), (inband.COMMAND,)])
def test_a_running_command_is_found_and_not_started_twice(
    booted: Booted, agent: ScriptedAgent, forget: tuple[str, ...]
) -> None:
    booted.clean(agent.offer("one", "two"))
    _kill_conductor(booted, forget)
    taken = booted.core.in_worker(flows.recover, booted.node)
    assert (taken.provision_state, agent.executed) == (states.CLEANWAIT, ["one"])
    agent.end()
    booted.heartbeat()
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE
    assert agent.executed == ["one", "two"]


def test_a_command_that_ended_meanwhile_is_found(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two"))
    _kill_conductor(booted, (inband.COMMAND,))
    agent.end()
    booted.core.in_worker(flows.recover, booted.node)
    assert booted.heartbeat().clean_step["step"] == "two"
    assert agent.executed == ["one", "two"]


def test_the_same_step_twice(booted: Booted, agent: ScriptedAgent) -> None:
    step = agent.offer("one")
    booted.clean(step + step)
    agent.end()
    assert booted.heartbeat().provision_state == states.CLEANWAIT
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE
    assert agent.executed == ["one", "one"]


def test_other_hardware_managers_than_before(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    agent.version = "2"
    agent.end("CLEAN_VERSION_MISMATCH", "versions differ")
    assert booted.heartbeat().provision_state == states.CLEANWAIT
    assert agent.executed == ["one", "one"]
    assert agent.params[agent.commands[-1]["id"]]["clean_version"] == {"Manager": "2"}
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE


def test_an_agent_that_was_started_again(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    agent.restart()
    failed = booted.heartbeat()
    assert failed.provision_state == states.CLEANFAIL
    assert "restarted while the step ran" in failed.last_error


def test_a_step_that_asks_for_a_reboot(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one", "two", reboot_requested=True))
    old = booted.token
    agent.end()
    assert booted.heartbeat().provision_state == states.CLEANWAIT
    # Requests of the old agent are refused.
    with pytest.raises(exception.InvalidAgentToken):
        booted.heartbeat(agent_token=old)
    agent.restart()
    assert booted.look_up() not in (old, redaction.MASK)
    assert booted.heartbeat().clean_step["step"] == "two"


def test_an_agent_that_cannot_be_reached(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("max_command_attempts", 1, group="agent")
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    booted.look_up()
    failed = booted.heartbeat(callback_url="http://127.0.0.1:1")
    assert failed.provision_state == states.CLEANFAIL
    assert "127.0.0.1:1" in failed.last_error
    assert booted.token not in failed.last_error


# Lookup and heartbeat


def test_one_token_per_boot(booted: Booted, agent: ScriptedAgent) -> None:
    with pytest.raises(exception.NodeNotFound):
        booted.look_up()
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    assert len(booted.look_up()) >= 32
    assert booted.look_up() == redaction.MASK


def test_no_token_is_given_out_while_power_changes(booted: Booted, agent: ScriptedAgent) -> None:
    """An agent that looks up while power changes is about to end, and must not take the next agent's token."""
    waiting = booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    assert waiting.provision_state == states.CLEANWAIT
    with booted.core.task(booted.node) as task:
        task.node.target_power_state = states.POWER_ON
        task.node.save()
        with pytest.raises(exception.NodeNotFound):
            booted.look_up()
        assert not Node.claim_agent_token(booted.core.context, booted.node.id, "t" * 43)
        task.node.target_power_state = None
        task.node.save()
    assert len(booted.look_up()) >= 32


def test_an_agent_that_called_unseen_is_forgotten_too(booted: Booted, agent: ScriptedAgent) -> None:
    """A conductor that reboots the server has read the node before its last agent called."""
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    stale = booted.core.node(booted.node)
    booted.look_up()
    booted.heartbeat()
    stale.forget_agent()
    stale.save()
    assert (booted.now.agent_url, booted.now.agent_last_heartbeat) == (None, None)
    with pytest.raises(exception.InvalidAgentToken):
        booted.heartbeat()


def test_an_agent_that_falls_silent_at_a_step(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    failed = booted.core.in_worker(flows.timed_out, booted.node)
    assert "timed out while in 'clean wait', at step deploy.one: the agent has called last at" in (
        failed.last_error
    )


def test_a_server_in_its_post_uses_up_no_boot_device(
    booted: Booted, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead conductor may just have powered the server on, so it is powered off before its boot device is set."""
    done: list[str] = []
    power, prepare = FakePower.set_power_state, FakeBoot.prepare_ramdisk

    def set_power_state(self: FakePower, task: Any, state: str, timeout: int | None = None) -> None:
        done.append(state)
        power(self, task, state, timeout)

    def prepare_ramdisk(self: FakeBoot, task: Any, params: Any) -> None:
        done.append("prepare")
        prepare(self, task, params)

    monkeypatch.setattr(FakePower, "set_power_state", set_power_state)
    monkeypatch.setattr(FakeBoot, "prepare_ramdisk", prepare_ramdisk)
    booted.core.do(power_requests.request, booted.node, states.POWER_ON)
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    assert done == [states.POWER_ON, states.POWER_OFF, "prepare"]


def test_without_restrict_lookup_any_node_is_found(
    booted: Booted, option: Callable[..., None]
) -> None:
    option("restrict_lookup", False, group="api")
    assert len(booted.look_up()) >= 32


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"agent_token": None}, "Agent token is required"),
        ({"agent_token": ""}, "Agent token is required"),
        ({"agent_token": "x" * 40}, "does not belong"),
        ({"callback_url": "ftp://127.0.0.1"}, "callback_url"),
        ({"callback_url": "http://"}, "callback_url"),
        ({"callback_url": "http://u:p@127.0.0.1"}, "callback_url"),
        ({"callback_url": "http://127.0.0.1:99999"}, "callback_url"),
        *(
            ({"callback_url": f"http://127.0.0.1:9999{more}"}, "callback_url")
            for more in ("/v1", "/agent/0", "//", "?", "?x=1", "/?x", "#", "#x", "/#", ";x")
        ),
        *(
            ({"callback_url": f"http://{host}:9999"}, "callback_url")
            for host in (
                "2130706433",
                "0x7f.1",
                "127.1",
                "0",
                "u@127.0.0.1",
                "@127.0.0.1",
                "[fe80::1%25eth0]",
                "a\\b",
            )
        ),
        *(
            ({"callback_url": f"http://{host}:9999"}, "the service does not connect to")
            for host in (
                "169.254.169.254",
                "[::ffff:169.254.169.254]",
                "[::1]",
                "[64:ff9b::127.0.0.1]",
                "[2002:7f00:1::]",
                "0.0.0.0",
                "100.100.100.200",
            )
        ),
    ],
)
def test_calls_that_are_refused(
    booted: Booted, agent: ScriptedAgent, changes: dict[str, Any], error: str
) -> None:
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    booted.look_up()
    with pytest.raises(exception.Invalid, match=error) as refused:
        booted.heartbeat(**changes)
    assert refused.value.code == 400
    assert booted.now.agent_url is None


def test_where_the_agent_is_stands_for_its_whole_boot(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    for changes in (
        {"callback_url": agent.url.replace(".0.1:", ".0.2:")},
        {"agent_verify_ca": "another"},
    ):
        with pytest.raises(exception.InvalidParameterValue, match="another"):
            booted.heartbeat(**changes)
    assert booted.now.agent_url == agent.url


def test_tls_may_be_required(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("require_tls", True, group="agent")
    booted.core.do(verbs.clean, booted.node, agent.offer("one"))
    booted.look_up()
    with pytest.raises(exception.InvalidParameterValue, match="require_tls"):
        booted.heartbeat()


def test_a_waiting_node_that_is_locked(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    with booted.core.task(booted.node), pytest.raises(exception.NodeLocked):
        booted.heartbeat()
    agent.end()
    assert booted.heartbeat().provision_state == states.MANAGEABLE


def test_a_call_that_waited_for_the_lock_while_its_agent_went(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("node_locked_retry_attempts", 100, group="conductor")
    option("node_locked_retry_interval", 0.05, group="conductor")
    booted.clean(agent.offer("one"))
    recorded = booted.now.agent_last_heartbeat
    with ThreadPoolExecutor(1) as pool, booted.core.task(booted.node) as task:
        late = pool.submit(booted.heartbeat)
        wait_for(lambda: booted.now.agent_last_heartbeat != recorded, "the call to be on record")
        # The node now waits for the agent of its next boot.
        task.node.refresh()
        task.node.forget_agent()
        task.node.del_driver_internal_info(inband.COMMAND)
        task.node.save()
        task.release_resources()
        with pytest.raises(exception.InvalidAgentToken):
            late.result(PATIENCE)
    assert (booted.now.provision_state, booted.now.last_error) == (states.CLEANWAIT, None)


def test_under_maintenance_nothing_goes_on(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    agent.end()
    with booted.core.task(booted.node) as task:
        task.node.maintenance = True
        task.node.save()
    assert booted.heartbeat().provision_state == states.CLEANWAIT
    with booted.core.task(booted.node) as task:
        task.node.maintenance = False
        task.node.save()
    assert booted.heartbeat().provision_state == states.MANAGEABLE


def test_a_ramdisk_that_reports_an_error(booted: Booted, agent: ScriptedAgent) -> None:
    booted.clean(agent.offer("one"))
    failed = booted.heartbeat(
        agent_status="error", agent_status_message="no disk, password=hunter2"
    )
    assert failed.provision_state == states.CLEANFAIL
    assert "no disk" in failed.last_error
    assert "hunter2" not in failed.last_error


def test_a_living_agent_is_used_again(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("fast_track", True, group="deploy")
    booted.clean(agent.offer("one"))
    agent.end()
    kept = booted.heartbeat()
    assert (kept.provision_state, kept.power_state) == (states.MANAGEABLE, states.POWER_ON)
    assert booted.heartbeat().agent_url == agent.url
    agent.execute("standby.sync", {})
    again = booted.core.do(verbs.clean, booted.node, agent.offer("two"))
    assert (again.provision_state, again.clean_step["step"]) == (states.CLEANWAIT, "two")
    assert agent.executed == ["one", "two"]


def test_a_busy_agent_is_not_used_again(
    booted: Booted, agent: ScriptedAgent, option: Callable[..., None]
) -> None:
    option("fast_track", True, group="deploy")
    booted.clean(agent.offer("one"))
    old = booted.token
    stopped = booted.core.act(booted.node, "abort")
    assert stopped.provision_state == states.CLEANFAIL
    booted.core.act(booted.node, "manage")
    waiting = booted.core.do(verbs.clean, booted.node, agent.offer("two"))
    assert (waiting.provision_state, waiting.clean_step) == (states.CLEANWAIT, {})
    assert booted.look_up() not in (old, redaction.MASK)
