# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``ramdisk``: the instance is a ramdisk or an ISO image, and no disk is written.

Cleaning and servicing go through the agent, as with the interfaces that write disks.
"""

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.drivers import capabilities, fast_track, node_images
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot
from ironic_lite.drivers.modules.agent.base import AgentBase

LOG = log.getLogger(__name__)


class RamdiskDeploy(AgentBase):
    """Boots the ``kernel`` and ``ramdisk``, or the ``boot_iso``, of ``instance_info``."""

    boots_ramdisk = True

    def validate(self, task: Task) -> None:
        """See the base class. Asks the files' servers whether they exist."""
        if not task.driver.boot.ramdisk_boot:
            raise exception.InvalidParameterValue(
                err=f"The boot interface {task.node.boot_interface} cannot boot a ramdisk as an instance; use one "
                "that can, such as ipxe."
            )
        task.driver.boot.validate(task)
        capabilities.validate(task.node)
        fast_track.enabled(task.node)
        node = task.node
        if node_images.is_streamed(node, node_images.SOURCE):
            # Kernel and ramdisk may be properties of the image.
            node = node_images.known(node, task.context)
        for name in task.driver.boot.validate_instance_ramdisk(node):
            node_images.look_up(node, name, task.context)

    def look_up_images(self, task: Task) -> None:
        node_images.record(task.node, node_images.INSTANCE_FIELDS, task.context)

    def awaits_steps(self, task: Task, kind: str) -> bool:
        """See the base class. A deployment uses no agent."""
        return kind != steps.DEPLOY and super().awaits_steps(task, kind)

    def prepare(self, task: Task) -> None:
        if task.node.instance_info.get("configdrive"):
            LOG.warning(
                "Node %s: a ramdisk that is booted over the network gets no config drive",
                task.node.uuid,
            )
        task.driver.storage.attach_volumes(task)

    @steps.deploy_step(priority=100, repeatable=True)
    def deploy(self, task: Task) -> None:
        """Boot the instance."""
        boot.power_off(task)
        task.driver.network.configure_tenant_networks(task)
        task.driver.boot.prepare_instance(task)
        boot.start_instance(task)
