# SPDX-License-Identifier: Apache-2.0
"""Servers that lose their agent while it is waited for: switched off by hand, started again, or by request."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator import images
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.deployment import Deployment
from tests.functional.rack.cloud import OPTIONS, QUICK, Cloud, Server, running
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

PASSWORD = "correct horse battery staple"
SLOW = 3.0
PARTITION = {"image_type": "partition", "root_gb": 1}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Power sync runs each second, so that tests need not wait for it."""
    directory = tmp_path_factory.mktemp("lost")
    with running(directory, conductor={"sync_power_state_interval": 1}) as made:
        yield made


def _ask(cloud: Cloud, server: Server, target: str, **more: Any) -> None:
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": target, **more})


def _in_step(cloud: Cloud, server: Server, step: str) -> None:
    """Wait until a step that takes a while runs in the agent, and the node is unlocked."""
    wait_for(
        lambda: server.steps()[-1:] == [step] and not cloud.show(server)["reservation"],
        f"step {step} in the agent",
    )


def _switch_off(cloud: Cloud, server: Server) -> None:
    cloud.rack.control(server.index, "off")


def _start_again(cloud: Cloud, server: Server) -> None:
    cloud.rack.control(server.index, "reset")


def _by_request(cloud: Cloud, server: Server) -> None:
    path = f"/v1/nodes/{server.node}/states/power"
    cloud.service.call("PUT", path, {"target": "rebooting"})


@pytest.mark.parametrize("lose", [_switch_off, _start_again, _by_request])
@pytest.mark.parametrize("kind", [{}, PARTITION], ids=["whole-disk", "partition"])
def test_an_image_is_written_again(cloud: Cloud, lose: Any, kind: dict[str, Any]) -> None:
    server = cloud.enrol_available(
        driver_info={"force_persistent_boot_device": "Always"},
        properties={"capabilities": "boot_mode:uefi"},
    )
    image = images.ROOT_IMAGE if kind else images.DISK_IMAGE
    cloud.set(server, instance_info={**cloud.disk_image(image), **kind})
    cloud.rack.set_faults(server.index, agent_command_delay=SLOW)
    _ask(cloud, server, "active")
    _in_step(cloud, server, "write_image")
    lose(cloud, server)
    wait_for(lambda: server.steps().count("write_image") == 2, "the image to be written again")
    cloud.rack.clear_faults(server.index)
    node = cloud.service.wait_for_node(server.node, provision_state="active", reservation=None)
    assert (node["last_error"], node["power_state"]) == (None, "power on")
    assert server.wait_booted()["booted_image"] == images.catalog()[image].sha256
    assert server.steps() == ["write_image", "write_image"]
    journal = cloud.service.call("GET", f"/v1/nodes/{server.node}/timeline")["timeline"]
    assert [(e["kind"], e["subject"]) for e in journal if e["outcome"] == "lost"] == [
        ("wait", "the agent"),
        ("agent", "deployment"),
    ]


@pytest.mark.parametrize("lose", [_switch_off, _start_again])
def test_what_may_not_be_repeated_fails_at_once(cloud: Cloud, lose: Any) -> None:
    server = cloud.enrol(driver_info={"force_persistent_boot_device": "Always"})
    cloud.manage(server)
    cloud.rack.set_faults(server.index, agent_command_delay=2 * SLOW)
    _ask(cloud, server, "provide")
    _in_step(cloud, server, "erase_devices_metadata")
    lose(cloud, server)
    node = cloud.service.wait_for_node(server.node, provision_state="clean failed")
    assert "at step deploy.erase_devices_metadata" in node["last_error"]
    assert "the result of the step is unknown" in node["last_error"]
    assert server.steps() == ["erase_devices_metadata"]


def _inspection(cloud: Cloud, server: Server) -> str:
    _ask(cloud, server, "inspect")
    return "manageable"


def _cleaning(cloud: Cloud, server: Server) -> str:
    _ask(cloud, server, "provide")
    return "available"


def _rescue(cloud: Cloud, server: Server) -> str:
    cloud.set(server, instance_info=cloud.disk_image())
    cloud.provision(server, "adopt", "active")
    _ask(cloud, server, "rescue", rescue_password=PASSWORD)
    return "rescue"


def _service(cloud: Cloud, server: Server) -> str:
    cloud.set(server, instance_info=cloud.disk_image())
    cloud.provision(server, "adopt", "active")
    _ask(
        cloud,
        server,
        "service",
        service_steps=[{"interface": "deploy", "step": "burnin_cpu"}],
    )
    return "active"


@pytest.mark.parametrize("begin", [_inspection, _cleaning, _rescue, _service])
def test_a_server_that_is_switched_off_before_its_agent_is_up(cloud: Cloud, begin: Any) -> None:
    """Its ramdisk is booted again."""
    server = cloud.enrol(
        rescue_interface="agent",
        driver_info={
            "rescue_kernel": cloud.image(images.KERNEL),
            "rescue_ramdisk": cloud.image(images.RAMDISK),
        },
    )
    cloud.manage(server)
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    goal = begin(cloud, server)
    wait_for(lambda: server.status["phase"] == "hung", "the ramdisk to hang")
    wait_for(lambda: not cloud.show(server)["reservation"], "the node to wait")
    cloud.rack.clear_faults(server.index)
    _switch_off(cloud, server)
    node = cloud.service.wait_for_node(server.node, provision_state=goal, reservation=None)
    assert node["last_error"] is None
    assert server.phases().count("ramdisk") == 2


def test_a_server_that_is_switched_off_again_and_again(cloud: Cloud) -> None:
    server = cloud.enrol(automated_clean=True)
    cloud.manage(server)
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    _ask(cloud, server, "provide")
    for boots in range(1, 5):
        wait_for(lambda n=boots: server.phases().count("hung") == n, f"boot {boots}")
        wait_for(lambda: not cloud.show(server)["reservation"], "the node to wait")
        _switch_off(cloud, server)
    node = cloud.service.wait_for_node(server.node, provision_state="clean failed")
    assert "This cleaning has lost 4 agents" in node["last_error"]


def test_the_end_of_a_command_is_noticed_before_the_agent_calls(tmp_path: Path) -> None:
    """An agent that waits half a minute between heartbeats, and is polled meanwhile."""
    timing = dataclasses.replace(QUICK, heartbeat_spacing=30)
    with (
        Deployment(
            tmp_path, f"sqlite:///{tmp_path}/ironic-lite.sqlite", options=OPTIONS
        ) as service,
        VirtualRack(count=1, boot_url=service.api_url, timing=timing) as rack,
    ):
        service.start_all_in_one()
        cloud = Cloud(service, rack)
        server = cloud.enrol_available(properties={"capabilities": "boot_mode:uefi"})
        cloud.deploy(server, cloud.disk_image())
        calls = [e for e in server.journal("agent") if e.action == "heartbeat"]
        assert len(calls) == 1, "it was asked, and did not have to call"
        server.wait_booted()
