# SPDX-License-Identifier: Apache-2.0
"""The virtual agent, driven as a conductor drives ironic-python-agent."""

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite_simulator import images
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.provisioner import NODE, TOKEN, AgentClient, Provisioner
from tests.waiting import wait_for

DISK_IMAGE = images.catalog()[images.DISK_IMAGE]


def image_info(rack: VirtualRack, **changes: Any) -> dict[str, Any]:
    """Return the image_info of the rack's own image."""
    info: dict[str, Any] = {
        "id": "image-1",
        "urls": [f"{rack.http_url}/images/{images.DISK_IMAGE}"],
        "os_hash_algo": "sha256",
        "os_hash_value": DISK_IMAGE.sha256,
        "disk_format": "raw",
    }
    return {**info, **changes}


@pytest.fixture
def agent(rack: VirtualRack, provisioner: Provisioner, tmp_path: Path) -> AgentClient:
    """The agent of server 0, after its first heartbeat."""
    return AgentClient(boot_agent(rack, provisioner), tmp_path)


def boot_agent(rack: VirtualRack, provisioner: Provisioner) -> dict[str, Any]:
    """Boot server 0 into its agent; returns its first heartbeat."""
    before = len(provisioner.heartbeats)
    provisioner.boot_agent(rack.status(0)["mac"], rack.http_url)
    rack.control(0, "on")
    wait_for(lambda: len(provisioner.heartbeats) > before, "the first heartbeat")
    return provisioner.heartbeats[-1]


def test_lookup_and_heartbeat(
    rack: VirtualRack, provisioner: Provisioner, agent: AgentClient
) -> None:
    version, query = provisioner.lookups[0]
    assert version == "1.62"
    assert query == {"addresses": [rack.status(0)["mac"]]}
    heartbeat = provisioner.heartbeats[0]
    assert heartbeat.pop("agent_verify_ca").startswith("-----BEGIN CERTIFICATE-----")
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+", heartbeat.pop("callback_url"))
    assert heartbeat == {
        "path": f"/v1/heartbeat/{NODE}",
        "version": "1.68",
        "agent_token": TOKEN,
        "agent_version": "13.0.0",
    }
    assert rack.status(0)["node"] == NODE
    assert agent.results() == []


def test_an_old_api_gets_a_plain_url(rack: VirtualRack, provisioner: Provisioner) -> None:
    provisioner.version = "1.67"
    heartbeat = boot_agent(rack, provisioner)
    assert heartbeat["version"] == "1.67"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", heartbeat["callback_url"])
    assert heartbeat["callback_url"] != rack.http_url
    assert "agent_verify_ca" not in heartbeat


def test_lookup_goes_on_until_the_node_is_there(
    rack: VirtualRack, provisioner: Provisioner
) -> None:
    provisioner.lookup_status = 404
    provisioner.boot_agent(rack.status(0)["mac"], rack.http_url)
    rack.control(0, "on")
    wait_for(lambda: len(provisioner.lookups) > 2, "repeated lookups")
    provisioner.lookup_status = 200
    wait_for(lambda: provisioner.heartbeats, "the first heartbeat")


def test_refused_heartbeats_are_repeated(rack: VirtualRack, provisioner: Provisioner) -> None:
    provisioner.heartbeat_status = 409
    boot_agent(rack, provisioner)
    wait_for(lambda: len(provisioner.heartbeats) > 2, "repeated heartbeats")


def test_a_token_that_was_given_away_locks_the_agent_down(
    rack: VirtualRack, provisioner: Provisioner
) -> None:
    provisioner.token = "******"
    provisioner.boot_agent(rack.status(0)["mac"], rack.http_url)
    rack.control(0, "on")
    wait_for(lambda: rack.status(0)["agent"] == "locked-down", "the lock-down")
    assert provisioner.heartbeats == []


@pytest.mark.parametrize("token", ["wrong" * 9, ""])
def test_commands_need_the_token(
    rack: VirtualRack, provisioner: Provisioner, tmp_path: Path, token: str
) -> None:
    stranger = AgentClient(boot_agent(rack, provisioner), tmp_path, token)
    answer = stranger.post("standby.power_off")
    assert answer.status_code == 401
    assert answer.json()["faultcode"] == "Client"
    assert rack.status(0)["power"] == "on"


@pytest.mark.parametrize(
    ("name", "status"),
    [("nodot", 400), ("nothing.there", 404), ("standby.nothing", 400), ("", 400)],
)
def test_unknown_commands(agent: AgentClient, name: str, status: int) -> None:
    assert agent.post(name).status_code == status
    assert agent.results() == []


def test_step_lists(agent: AgentClient) -> None:
    for kind in ("clean", "deploy", "service"):
        result = agent.run(f"{kind}.get_{kind}_steps", node={}, ports=[])
        assert result["command_status"] == "SUCCEEDED"
        (steps,) = result["command_result"][f"{kind}_steps"].values()
        assert result["command_result"]["hardware_manager_version"] == {
            "generic_hardware_manager": "1.2"
        }
        priorities = {s["step"]: s["priority"] for s in steps if s["priority"]}
        expected = {"erase_devices": 10, "erase_devices_metadata": 99} if kind == "clean" else {}
        assert priorities == expected


def test_a_step_runs_in_the_background_and_a_heartbeat_tells_its_end(
    provisioner: Provisioner, agent: AgentClient
) -> None:
    step = {"step": "erase_devices_metadata", "interface": "deploy", "priority": 99}
    seen = len(provisioner.heartbeats)
    answer = agent.post("clean.execute_clean_step", step=step, node={}, ports=[]).json()
    assert answer["command_status"] == "RUNNING"
    assert answer["command_name"] == "execute_clean_step"
    wait_for(lambda: len(provisioner.heartbeats) > seen, "the heartbeat after the command")
    (result,) = agent.results()
    assert result["command_status"] == "SUCCEEDED"
    assert result["command_result"] == {"clean_result": None, "clean_step": step}


def test_the_agent_is_busy_with_one_command(rack: VirtualRack, agent: AgentClient) -> None:
    rack.set_faults(0, agent_command_delay=0.5)
    step = {"step": "erase_devices", "interface": "deploy"}
    agent.post("clean.execute_clean_step", step=step, node={}, ports=[])
    answer = agent.post("standby.sync")
    assert answer.status_code == 409
    assert answer.json()["faultstring"] == "Agent is busy: executing command execute_clean_step"


def test_changed_hardware_managers(agent: AgentClient) -> None:
    step = {"step": "erase_devices", "interface": "deploy"}
    result = agent.run(
        "clean.execute_clean_step", step=step, node={}, ports=[], clean_version={"other": "1"}
    )
    assert result["command_status"] == "CLEAN_VERSION_MISMATCH"
    assert result["command_error"]["code"] == 409


def test_an_image_is_deployed_and_booted(rack: VirtualRack, agent: AgentClient) -> None:
    drive = base64.b64encode(gzip.compress(b"config drive content")).decode()
    result = agent.run("standby.prepare_image", image_info=image_info(rack), configdrive=drive)
    assert result["command_status"] == "SUCCEEDED", result
    assert result["command_name"] == "prepare_image"
    assert result["command_result"]["result"].startswith("prepare_image: image (image-1) written")
    assert agent.run("standby.get_partition_uuids")["command_result"]["root uuid"].startswith("0x")
    status = rack.status(0)
    assert status["disk_sha256"] == DISK_IMAGE.sha256
    assert status["config_drive_sha256"] == hashlib.sha256(b"config drive content").hexdigest()
    assert rack.config_drive(0) == b"config drive content"
    boots = agent.run("image.install_bootloader", root_uuid="0x1", target_boot_mode="uefi")
    assert boots["command_status"] == "SUCCEEDED"
    agent.post("standby.run_image")
    wait_for(lambda: rack.status(0)["phase"] == "booted", "the boot from disk")
    assert rack.status(0)["booted_image"] == DISK_IMAGE.sha256
    assert any("login:" in line for line in rack.console(0))


def test_erasing_takes_the_image_away(rack: VirtualRack, agent: AgentClient) -> None:
    agent.run("standby.prepare_image", image_info=image_info(rack))
    step = {"step": "erase_devices_metadata", "interface": "deploy"}
    agent.run("clean.execute_clean_step", step=step, node={}, ports=[])
    assert rack.status(0)["disk_sha256"] is None
    assert rack.status(0)["config_drive_sha256"] is None


def test_write_image_is_a_deploy_step(rack: VirtualRack, agent: AgentClient) -> None:
    step = {"step": "write_image", "interface": "deploy", "args": {"image_info": image_info(rack)}}
    result = agent.run("deploy.execute_deploy_step", step=step, node={}, ports=[])
    assert result["command_status"] == "SUCCEEDED", result
    assert rack.status(0)["disk_sha256"] == DISK_IMAGE.sha256


PARTITION = {
    "image_type": "partition",
    "root_mb": 100,
    "swap_mb": 10,
    "ephemeral_mb": 50,
    "preserve_ephemeral": False,
    "deploy_boot_mode": "uefi",
}


def test_a_partition_image_boots_once_its_boot_loader_is_set_up(
    rack: VirtualRack, agent: AgentClient
) -> None:
    info = image_info(rack, **PARTITION)
    assert agent.run("standby.prepare_image", image_info=info)["command_status"] == "SUCCEEDED"
    made = {p["label"]: p for p in rack.status(0)["partitions"]}
    assert list(made) == ["efi", "ephemeral", "swap", "root"]
    assert rack.status(0)["disk_sha256"] == DISK_IMAGE.sha256
    uuids = agent.run("standby.get_partition_uuids")["command_result"]
    assert uuids["root uuid"] == made["root"]["uuid"]
    assert uuids["efi system partition uuid"] == made["efi"]["uuid"]
    wrong = agent.run("image.install_bootloader", root_uuid="nosuch")
    assert wrong["command_error"]["type"] == "CommandExecutionError"
    agent.run("image.install_bootloader", root_uuid=uuids["root uuid"])
    agent.post("standby.run_image")
    wait_for(lambda: rack.status(0)["phase"] == "booted", "the boot from disk")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"os_hash_value": "0" * 64}, "ImageChecksumError"),
        ({"urls": ["http://127.0.0.1:1/none"]}, "ImageDownloadError"),
        ({"image_type": "partition"}, "CommandExecutionError"),
        ({**PARTITION, "root_mb": 20_000}, "DeploymentError"),
        ({**PARTITION, "root_mb": 1}, "InvalidCommandParamsError"),
        ({**PARTITION, "preserve_ephemeral": True}, "DeploymentError"),
    ],
)
def test_images_that_fail(
    rack: VirtualRack, agent: AgentClient, changes: dict[str, Any], error: str
) -> None:
    result = agent.run("standby.prepare_image", image_info=image_info(rack, **changes))
    assert result["command_status"] == "FAILED"
    assert result["command_error"]["type"] == error


def test_a_missing_image_is_fatal(rack: VirtualRack, agent: AgentClient) -> None:
    info = image_info(rack, urls=[f"{rack.http_url}/images/none"])
    result = agent.run("standby.prepare_image", image_info=info)
    assert result["command_error"]["type"] == "ImageDownloadFatalError"
    assert "404" in result["command_error"]["details"]


def test_an_image_without_a_checksum_is_refused(rack: VirtualRack, agent: AgentClient) -> None:
    info = image_info(rack)
    del info["os_hash_algo"], info["os_hash_value"]
    for checksum in (None, "d41d8cd98f00b204e9800998ecf8427e"):
        answer = agent.post("standby.prepare_image", image_info={**info, "checksum": checksum})
        assert answer.status_code == 400
        assert "checksum is not available" in answer.json()["faultstring"]


def test_a_broken_config_drive_fails_without_being_shown(
    rack: VirtualRack, agent: AgentClient
) -> None:
    result = agent.run(
        "standby.prepare_image", image_info=image_info(rack), configdrive="not-gzip-secret"
    )
    assert result["command_status"] == "FAILED"
    assert "secret" not in str(result)
    assert "secret" not in repr(rack.journal())


def test_power_off_in_band(rack: VirtualRack, agent: AgentClient) -> None:
    assert agent.run("standby.power_off")["command_status"] == "SUCCEEDED"
    wait_for(lambda: rack.status(0)["power"] == "off", "power off")
    with pytest.raises(requests.ConnectionError):
        agent.post("standby.sync")


def test_a_power_cut_ends_the_agent_at_once(rack: VirtualRack, agent: AgentClient) -> None:
    rack.set_faults(0, agent_command_delay=60)
    step = {"step": "erase_devices", "interface": "deploy"}
    agent.post("clean.execute_clean_step", step=step, node={}, ports=[])
    rack.control(0, "off")
    wait_for(lambda: rack.status(0)["power"] == "off", "power off")
    with pytest.raises(requests.ConnectionError):
        agent.results()


@pytest.mark.parametrize("when", ["middle", "after"])
def test_an_agent_that_dies(rack: VirtualRack, agent: AgentClient, when: str) -> None:
    rack.set_faults(0, agent_dies_on="prepare_image", agent_dies_when=when)
    with pytest.raises(requests.ConnectionError):
        agent.run("standby.prepare_image", image_info=image_info(rack))
    assert rack.status(0)["agent"] == "dead"
    assert (rack.status(0)["disk_sha256"] == DISK_IMAGE.sha256) == (when == "after")


def test_a_disk_that_fails(rack: VirtualRack, agent: AgentClient) -> None:
    rack.set_faults(0, image_write_fails=True)
    result = agent.run("standby.prepare_image", image_info=image_info(rack))
    assert result["command_error"]["type"] == "ImageWriteError"


def test_an_agent_that_never_boots(rack: VirtualRack, provisioner: Provisioner) -> None:
    rack.set_faults(0, agent_never_boots=True)
    provisioner.boot_agent(rack.status(0)["mac"], rack.http_url)
    rack.control(0, "on")
    wait_for(lambda: rack.status(0)["phase"] == "hung", "the hang")
    assert provisioner.lookups == []


def test_a_stale_agent_goes_on_with_its_old_token(
    rack: VirtualRack, provisioner: Provisioner, agent: AgentClient, tmp_path: Path
) -> None:
    rack.set_faults(0, stale_agent=True)
    rack.control(0, "off")
    wait_for(lambda: rack.status(0)["power"] == "off", "power off")
    assert agent.run("standby.sync")["command_status"] == "SUCCEEDED"
    provisioner.token = "n" * 43
    heartbeat = boot_agent(rack, provisioner)
    wait_for(lambda: rack.status(0)["agent"] == "running", "the new agent")
    assert heartbeat["callback_url"] == provisioner.heartbeats[0]["callback_url"]
    assert rack.status(0)["ghosts"] == 1
    assert agent.post("standby.sync").status_code == 401  # the old token at the new agent


def test_the_journal_has_each_command(rack: VirtualRack, agent: AgentClient) -> None:
    agent.run("standby.sync")
    started, ended = [e for e in rack.journal() if e.action.startswith("command-")]
    assert started.details["command"] == ended.details["command"] == "standby.sync"
    assert ended.details["status"] == "SUCCEEDED"
    assert TOKEN not in repr(rack.journal())
