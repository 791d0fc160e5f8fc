# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``direct``: the agent in the ramdisk downloads the image and writes it onto the disk."""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.drivers import boot_mode, node_images, power_wait
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import image, inband, partition_image
from ironic_lite.drivers.modules.agent.client import AgentClient
from ironic_lite.drivers.modules.agent.custom import CustomAgentDeploy

_ROOT, _EFI = "root uuid", "efi system partition uuid"
"""Keys of the partitions' UUIDs in the agent's answer."""

_UDEV = 1.5
"""Seconds that the agent may need until it finds the partitions."""

_MOST_WRITES = 3


class AgentDeploy(CustomAgentDeploy):
    """Writes whole-disk images and partition images."""

    def validate(self, task: Task) -> None:
        """See the base class. Asks the image's server whether the image exists."""
        super().validate(task)
        if task.driver.storage.should_write_image(task):
            image.validate(task.node, task.context)

    def look_up_images(self, task: Task) -> None:
        if task.driver.storage.should_write_image(task):
            node_images.record(task.node, [node_images.SOURCE], task.context)

    @steps.deploy_step(priority=80, repeatable=True, waits=True)
    def write_image(self, task: Task) -> str | None:
        """Start the agent's step that writes the image and the config drive."""
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
        else:
            node.del_driver_internal_info(partition_image.LAYOUT)
        step = {"interface": "deploy", "step": "write_image"}
        return inband.execute(task, steps.DEPLOY, step, args=args)

    def heartbeat(self, task: Task) -> bool:
        """See the base class. When the agent does not report the root partition's UUID, writes the image again."""
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
                f"the agent wrote the image {writes} times without reporting the UUID of the root partition"
            )
        node.set_driver_internal_info(partition_image.WRITES, writes)
        task.note_retry("deploy.write_image", "the agent does not report the root partition's UUID")
        self._write(task)
        node.save()
        return False

    def tear_down(self, task: Task) -> None:
        super().tear_down(task)
        task.node.del_driver_internal_info(partition_image.LAYOUT)

    @steps.deploy_step(priority=60, repeatable=True, waits=True)
    def prepare_instance_boot(self, task: Task) -> str | None:
        """Set the next boot to the deployed system, and install a boot loader if the image needs one."""
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
        # The agent knows the partitions of a whole-disk image, and registers its boot loader with the firmware.
        inband.begin(
            task, "install_bootloader", lambda agent: agent.install_bootloader(root, efi, mode)
        )
        return states.DEPLOYWAIT


def _partitions(node: Any) -> dict[str, str | None]:
    """Return the UUIDs of the root and the EFI system partition that the agent has made; the root's may be missing.

    The agent may have read the disk before udev was ready, so ask again a few times.
    """
    agent = AgentClient(node)
    polling = power_wait.Polling(_UDEV, first=0.5, slowest=1.0)
    while not (uuids := agent.partition_uuids()).get(_ROOT) and polling.left > 0:
        polling.pause()
    return {name: uuids.get(name) or None for name in (_ROOT, _EFI)}
