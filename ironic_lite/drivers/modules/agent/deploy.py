# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``direct``: the agent in the ramdisk downloads the image and writes it onto the disk."""

from ironic_lite.common import states
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import image, inband
from ironic_lite.drivers.modules.agent.custom import CustomAgentDeploy


class AgentDeploy(CustomAgentDeploy):
    """Writes images of whole disks."""

    def validate(self, task: Task) -> None:
        """See the base class. Asks the image's server whether the image is there."""
        super().validate(task)
        if task.driver.storage.should_write_image(task):
            image.validate(task.node)

    @steps.deploy_step(priority=80, repeatable=True)
    def write_image(self, task: Task) -> str | None:
        """Have the agent write the image, and the config drive behind it."""
        if not task.driver.storage.should_write_image(task):
            return None
        args = {
            "image_info": image.describe(task.node),
            "configdrive": task.node.instance_info.get("configdrive"),
        }
        step = {"interface": "deploy", "step": "write_image"}
        return inband.execute(task, steps.DEPLOY, step, args=args)

    @steps.deploy_step(priority=60, repeatable=True)
    def prepare_instance_boot(self, task: Task) -> str | None:
        """Make the next boot bring up the deployed system; on UEFI, have the agent enter it in the firmware."""
        super().prepare_instance_boot(task)
        mode = boot_mode.of(task.node)
        if mode != boot_mode.UEFI or not task.driver.storage.should_write_image(task):
            return None
        # Of a whole-disk image only the agent knows the partitions.
        inband.begin(
            task, "install_bootloader", lambda agent: agent.install_bootloader(None, None, mode)
        )
        return states.DEPLOYWAIT
