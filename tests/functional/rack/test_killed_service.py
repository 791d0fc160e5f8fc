# SPDX-License-Identifier: Apache-2.0
"""The service is killed (SIGKILL) during deployments and started again: all deployments succeed."""

from pathlib import Path
from typing import Any

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server, running
from tests.waiting import wait_for

PARTITION = {"image_type": "partition", "root_gb": 1, "swap_mb": 16, "ephemeral_gb": 1}


def _wait_for_step(cloud: Cloud, server: Server, field: str, step: str) -> None:
    wait_for(lambda: cloud.show(server)[field].get("step") == step, f"step {step}", timeout=60)


def _ask(cloud: Cloud, server: Server, target: str, **more: Any) -> None:
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": target, **more})


def test_a_service_that_is_killed_at_work(tmp_path: Path) -> None:
    with running(tmp_path) as cloud:
        rack = cloud.rack
        ramdisk = cloud.enrol_available(
            deploy_interface="ramdisk",
            instance_info={
                "kernel": cloud.image(images.KERNEL),
                "ramdisk": cloud.image(images.RAMDISK),
            },
        )
        cloud.service.set_power_state(ramdisk.node, "power on")
        image = {**cloud.disk_image(images.ROOT_IMAGE), **PARTITION}
        parted = cloud.enrol_available(instance_info=image)
        parent = cloud.enrol()
        card = cloud.enrol(parent_node=parent.node)
        for each in (parent, card):
            cloud.manage(each)
        cloud.service.set_power_state(card.node, "power on")
        cleaned = cloud.enrol()
        cloud.manage(cleaned)

        # Each of them is in the middle of a step for as long as its fault lasts.
        for stuck in (ramdisk, card):
            rack.set_faults(stuck.index, ignore_power_off=True)
        for slow in (parted, cleaned):
            rack.set_faults(slow.index, agent_command_delay=2.0)
        on_card = [{"step": "power_off", "execute_on_child_nodes": True}]
        _ask(cloud, ramdisk, "active")
        _ask(cloud, parent, "clean", clean_steps=on_card, disable_ramdisk=True)
        _ask(cloud, parted, "active")
        _ask(cloud, cleaned, "provide")
        _wait_for_step(cloud, ramdisk, "deploy_step", "deploy")
        _wait_for_step(cloud, parent, "clean_step", "power_off")
        _wait_for_step(cloud, parted, "deploy_step", "write_image")
        _wait_for_step(cloud, cleaned, "clean_step", "erase_devices_metadata")
        assert cloud.service.api is not None
        cloud.service.api.kill()
        for server in (ramdisk, card, parted, cleaned):
            rack.clear_faults(server.index)

        cloud.service.start_all_in_one()
        for server, state in (
            (ramdisk, "active"),
            (parted, "active"),
            (parent, "manageable"),
            (cleaned, "available"),
        ):
            cloud.service.wait_for_node(server.node, provision_state=state, reservation=None)
        assert ramdisk.wait_booted()["booted_url"] == cloud.image(images.KERNEL)
        assert parted.wait_booted()["booted_image"] == image["image_os_hash_value"]
        assert parted.steps() == ["write_image"]
        assert cleaned.steps() == ["erase_devices_metadata", "erase_pstore"]
        assert card.status["power"] == "off"
