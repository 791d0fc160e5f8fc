# SPDX-License-Identifier: Apache-2.0
"""Agents that do not know what they have written yet, and ramdisks that lack a part."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import states
from ironic_lite.conductor.operations import flows
from ironic_lite.drivers.modules.agent import deploy
from tests.functional.flows import verbs
from tests.functional.flows.booted import Booted
from tests.functional.flows.scripted_agent import ScriptedAgent

UNKNOWN = {"root uuid": "", "efi system partition uuid": ""}
KNOWN = {"root uuid": "1234-abcd", "efi system partition uuid": "EF1"}
STEPS = [
    {"interface": "deploy", "step": name, "priority": priority}
    for name, priority in (("deploy", 100), ("write_image", 80), ("prepare_instance_boot", 60))
]


@pytest.fixture
def writing(booted: Booted, agent: ScriptedAgent, option: Callable[..., None]) -> Booted:
    """A node whose agent writes a partition image."""
    option("enable_bios_bootloader_install", True, group="agent")
    with booted.core.task(booted.node) as task:
        node = task.node
        node.instance_info = {
            "image_source": "http://127.0.0.1:1/root.img",
            "image_type": "partition",
            "root_gb": 1,
        }
        node.power_state = states.POWER_ON
        node.provision_state = states.DEPLOYING
        node.driver_internal_info = {"deploy_steps": STEPS, "deploy_step_index": 1}
        node.save()
        node.provision_state = states.DEPLOYWAIT
        node.save()
    booted.look_up()
    with booted.core.task(booted.node) as task:
        task.node.agent_url = agent.url
        task.node.save()
        task.process_event("resume")
        task.spawn_after(flows.recover, task)
    assert booted.core.idle(booted.node).deploy_step["step"] == "write_image"
    assert agent.executed == ["write_image"]
    return booted


def _images(agent: ScriptedAgent) -> list[str]:
    steps = [params["step"] for params in agent.params.values() if "step" in params]
    return [step["args"]["image_info"]["id"] for step in steps]


def _bootloaders(agent: ScriptedAgent) -> list[Any]:
    return [params["root_uuid"] for params in agent.params.values() if "root_uuid" in params]


def test_a_root_that_is_not_known_yet_is_asked_for_again(
    writing: Booted, agent: ScriptedAgent
) -> None:
    agent.partitions = [UNKNOWN, KNOWN]
    agent.end()
    assert writing.heartbeat().deploy_step["step"] == "prepare_instance_boot"
    assert agent.executed == ["write_image"]
    assert _bootloaders(agent) == [KNOWN["root uuid"]]


def test_an_agent_that_keeps_its_wrong_answer_writes_again(
    writing: Booted, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent reads the disk only once, right after writing, and keeps reporting that."""
    monkeypatch.setattr(deploy, "_UDEV", 0.02)
    agent.partitions = [UNKNOWN]
    agent.end()
    assert writing.heartbeat().deploy_step["step"] == "write_image"
    assert _images(agent) == ["root.img", "1-root.img"], (
        "what it has written it does not write again"
    )
    agent.partitions = [KNOWN]
    agent.end()
    assert writing.heartbeat().deploy_step["step"] == "prepare_instance_boot"
    assert _bootloaders(agent) == [KNOWN["root uuid"]]


def test_an_agent_that_never_knows_is_given_up(
    writing: Booted, agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "_UDEV", 0.02)
    agent.partitions = [UNKNOWN]
    for _ in range(3):
        agent.end()
        now = writing.heartbeat()
    assert now.provision_state == states.DEPLOYFAIL
    assert "without reporting the UUID of the root partition" in now.last_error
    assert agent.executed == ["write_image"] * 3


@pytest.mark.parametrize(
    "said",
    [
        "OSError is not JSON serializable",
        "Rescue Operation failed when writing the hashed rescue password to the password file. Error [Errno 2]",
        "[Errno 2] No such file or directory: '/etc/ipa-rescue-config/ipa-rescue-password'",
    ],
)
def test_a_ramdisk_without_the_parts_for_rescue(
    booted: Booted, agent: ScriptedAgent, said: str
) -> None:
    agent.refusals["finalize_rescue"] = said
    with booted.core.task(booted.node) as task:
        task.node.provision_state = states.ACTIVE
        task.node.rescue_interface = "agent"
        task.node.save()
    booted.core.do(verbs.rescue, booted.node, "correct horse")
    booted.look_up()
    failed = booted.heartbeat()
    assert failed.provision_state == states.RESCUEFAIL
    assert "lacks the directory /etc/ipa-rescue-config" in failed.last_error
    assert said in failed.last_error
