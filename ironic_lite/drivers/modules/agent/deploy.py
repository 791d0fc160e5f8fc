# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``direct``: the agent in the ramdisk downloads the image and writes it onto the disk."""

import time
from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import image, inband, partition_image
from ironic_lite.drivers.modules.agent.client import AgentClient
from ironic_lite.drivers.modules.agent.custom import CustomAgentDeploy

_ROOT, _EFI = "root uuid", "efi system partition uuid"
"""The agent's names for the partitions' UUIDs."""

_PAUSES = (0.5, 1.0)
"""Seconds between two questions for the partitions."""

_MOST_WRITES = 3


class AgentDeploy(CustomAgentDeploy):
    """Writes images of whole disks, and partition images."""

    def validate(self, task: Task) -> None:
        """See the base class. Asks the image's server whether the image is there."""
        super().validate(task)
        if task.driver.storage.should_write_image(task):
            image.validate(task.node, task.context)

    @steps.deploy_step(priority=80, repeatable=True, waits=True)
    def write_image(self, task: Task) -> str | None:
        """Have the agent write the image, and the config drive behind it."""
        if not task.driver.storage.should_write_image(task):
            return None
        node = task.node
        node.del_driver_internal_info(partition_image.UUIDS)
        node.del_driver_internal_info(partition_image.WRITES)
        return self._write(task)

    def _write(self, task: Task) -> str:
        node = task.node
        args = {
            "image_info": image.describe(node),
            "configdrive": node.instance_info.get("configdrive"),
        }
        if partition_image.wanted(node):
            node.set_driver_internal_info(partition_image.LAYOUT, partition_image.layout(node))
        elif partition_image.LAYOUT in node.driver_internal_info:
            node.del_driver_internal_info(partition_image.LAYOUT)
        step = {"interface": "deploy", "step": "write_image"}
        return inband.execute(task, steps.DEPLOY, step, args=args)

    def heartbeat(self, task: Task) -> bool:
        """See the base class. A partition image that was written without a trace of its root is written again."""
        if not super().heartbeat(task):
            return False
        node = task.node
        written = node.provision_state == states.DEPLOYWAIT and (
            node.deploy_step.get("step") == "write_image"
        )
        if not written or not partition_image.wanted(node):
            return True
        uuids = _partitions(node)
        if uuids.get(_ROOT):
            node.set_driver_internal_info(partition_image.UUIDS, uuids)
            return True
        writes = partition_image.writes(node) + 1
        if writes >= _MOST_WRITES:
            raise exception.InstanceDeployFailure(
                f"the agent does not tell the UUID of the root partition that it has written, {writes} times in a row"
            )
        node.set_driver_internal_info(partition_image.WRITES, writes)
        task.note_retry("deploy.write_image", "the agent does not tell the root partition's UUID")
        self._write(task)
        node.save()
        return False

    def tear_down(self, task: Task) -> None:
        super().tear_down(task)
        if partition_image.LAYOUT in task.node.driver_internal_info:
            task.node.del_driver_internal_info(partition_image.LAYOUT)

    @steps.deploy_step(priority=60, repeatable=True, waits=True)
    def prepare_instance_boot(self, task: Task) -> str | None:
        """Make the next boot bring up the deployed system, with a boot loader where the image cannot bring its own."""
        super().prepare_instance_boot(task)
        node = task.node
        if not task.driver.storage.should_write_image(task):
            return None
        mode = boot_mode.of(node)
        root = efi = None
        if partition_image.wanted(node):
            uuids = node.driver_internal_info.get(partition_image.UUIDS) or _partitions(node)
            root, efi = uuids[_ROOT], uuids.get(_EFI)
        elif mode != boot_mode.UEFI:
            return None
        # Of a whole-disk image only the agent knows the partitions; it enters the image's boot loader in the firmware.
        inband.begin(
            task, "install_bootloader", lambda agent: agent.install_bootloader(root, efi, mode)
        )
        return states.DEPLOYWAIT


def _partitions(node: Any) -> dict[str, str | None]:
    """UUIDs of the root and the EFI system partition that the agent has made; the root's may be missing.

    The agent may have looked before udev had: it is asked again a few times.
    """
    agent = AgentClient(node)
    for pause in (*_PAUSES, 0.0):
        told = agent.partition_uuids()
        if told.get(_ROOT) or not pause:
            break
        time.sleep(pause)
    return {name: told.get(name) or None for name in (_ROOT, _EFI)}
