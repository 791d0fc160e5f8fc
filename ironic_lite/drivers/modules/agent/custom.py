# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``custom-agent``: steps of the agent write the disk."""

from ironic_lite.common import states
from ironic_lite.drivers import capabilities, fast_track
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot, driver_info, inband, root_device
from ironic_lite.drivers.modules.agent.base import AgentBase


class CustomAgentDeploy(AgentBase):
    """Runs the agent's own deploy steps between booting the ramdisk and booting the instance."""

    agent_steps = (*AgentBase.agent_steps, steps.DEPLOY)

    def validate(self, task: Task) -> None:
        task.driver.boot.validate(task)
        root_device.validate(task.node)
        driver_info.validate(task.node)
        capabilities.validate(task.node)
        fast_track.enabled(task.node)

    def awaits_steps(self, task: Task, kind: str) -> bool:
        """See the base class. A deployment that writes no image boots no ramdisk, so no agent reports steps."""
        needless = kind == steps.DEPLOY and not task.driver.storage.should_write_image(task)
        return not needless and super().awaits_steps(task, kind)

    def prepare(self, task: Task) -> None:
        task.driver.network.validate(task)
        task.driver.storage.attach_volumes(task)
        if not task.driver.storage.should_write_image(task):
            return
        running = boot.use_running(task)
        if task.driver.network.moves_servers and not running:
            # An old instance must not run in the provisioning network.
            boot.power_off(task)
        task.driver.network.unconfigure_tenant_networks(task)
        task.driver.network.connect(task, Purpose.PROVISIONING)
        if running:
            inband.refresh(task, steps.DEPLOY)

    @steps.deploy_step(priority=100, repeatable=True, waits=True)
    def deploy(self, task: Task) -> str | None:
        """Boot the deploy ramdisk, unless its agent is up already, or the server boots a volume that has its system."""
        if not task.driver.storage.should_write_image(task):
            boot.power_off(task)
            return None
        if boot.use_running(task):
            return None
        boot.boot_ramdisk(task)
        return states.DEPLOYWAIT

    @steps.deploy_step(priority=60, repeatable=True)
    def prepare_instance_boot(self, task: Task) -> str | None:
        """Set the next boot to the deployed system; the agent's steps install its boot loader."""
        task.driver.boot.prepare_instance(task)
        return None

    @steps.deploy_step(priority=40, repeatable=True)
    def tear_down_agent(self, task: Task) -> None:
        """Flush the disk and power the server off."""
        if task.driver.storage.should_write_image(task):
            boot.end_agent(task)

    @steps.deploy_step(priority=30, repeatable=True)
    def switch_to_tenant_network(self, task: Task) -> None:
        """Plug the server into the networks of its instance."""
        task.driver.network.disconnect(task, Purpose.PROVISIONING)
        task.driver.network.configure_tenant_networks(task)

    @steps.deploy_step(priority=20, repeatable=True)
    def boot_instance(self, task: Task) -> None:
        """Start the deployed system."""
        boot.start_instance(task)
