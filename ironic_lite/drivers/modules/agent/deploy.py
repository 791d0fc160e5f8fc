# SPDX-License-Identifier: Apache-2.0
"""Deploy interface ``direct``: the agent in the ramdisk downloads the image and writes it onto the disk."""

import time
from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.deploy import DeployInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import image, inband, root_device
from ironic_lite.drivers.modules.agent.client import AgentClient

LOG = log.getLogger(__name__)


class AgentDeploy(DeployInterface):
    """Works with ironic-python-agent 13."""

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        """See the base class. Asks the image's server whether the image is there."""
        task.driver.boot.validate(task)
        root_device.validate(task.node)
        if task.driver.storage.should_write_image(task):
            image.validate(task.node)

    # -- around deployment ----------------------------------------------------------------------------------------

    def prepare(self, task: Task) -> None:
        task.driver.storage.attach_volumes(task)
        task.driver.network.add_provisioning_network(task)
        if _agent_is_up(task) and inband.start_afresh(task):
            inband.refresh(task, steps.DEPLOY)

    def clean_up(self, task: Task) -> None:
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.boot.clean_up_instance(task)

    def tear_down(self, task: Task) -> None:
        _power_off(task)
        task.driver.storage.detach_volumes(task)
        task.driver.network.unconfigure_tenant_networks(task)
        task.driver.network.remove_provisioning_network(task)

    # -- deployment steps -----------------------------------------------------------------------------------------

    def get_deploy_steps(self, task: Task) -> list[dict[str, Any]]:
        return _with_agents(task, steps.DEPLOY, super().get_deploy_steps(task))

    def execute_deploy_step(self, task: Task, step: dict[str, Any]) -> str | None:
        if self.step_spec(steps.DEPLOY, step["step"]) is None:
            return inband.execute(task, steps.DEPLOY, step)
        return super().execute_deploy_step(task, step)

    @steps.deploy_step(priority=100, repeatable=True)
    def deploy(self, task: Task) -> str | None:
        """Boot the deploy ramdisk, unless its agent is there already."""
        if _agent_is_up(task) and inband.start_afresh(task):
            return None
        _boot_ramdisk(task)
        return states.DEPLOYWAIT

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
        task.driver.boot.prepare_instance(task)
        mode = boot_mode.of(task.node)
        if mode != "uefi" or not task.driver.storage.should_write_image(task):
            return None
        # Of a whole-disk image only the agent knows the partitions.
        inband.begin(
            task, "install_bootloader", lambda agent: agent.install_bootloader(None, None, mode)
        )
        return states.DEPLOYWAIT

    @steps.deploy_step(priority=40, repeatable=True)
    def tear_down_agent(self, task: Task) -> None:
        """Flush the disk and power the server off."""
        _end_agent(task)

    @steps.deploy_step(priority=30, repeatable=True)
    def switch_to_tenant_network(self, task: Task) -> None:
        """Plug the server into the networks of its instance."""
        task.driver.network.remove_provisioning_network(task)
        task.driver.network.configure_tenant_networks(task)

    @steps.deploy_step(priority=20, repeatable=True)
    def boot_instance(self, task: Task) -> None:
        """Start the deployed system."""
        _start_instance(task)

    # -- cleaning -------------------------------------------------------------------------------------------------

    def prepare_cleaning(self, task: Task) -> str | None:
        task.driver.boot.validate(task)
        task.driver.network.add_cleaning_network(task)
        if _agent_is_up(task) and inband.start_afresh(task):
            inband.refresh(task, steps.CLEAN)
            return None
        _boot_ramdisk(task)
        return states.CLEANWAIT

    def tear_down_cleaning(self, task: Task) -> None:
        if CONF.deploy.fast_track and _agent_is_up(task):
            return
        _power_off(task)
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.network.remove_cleaning_network(task)

    def get_clean_steps(self, task: Task) -> list[dict[str, Any]]:
        return _with_agents(task, steps.CLEAN, super().get_clean_steps(task))

    def execute_clean_step(self, task: Task, step: dict[str, Any]) -> str | None:
        if self.step_spec(steps.CLEAN, step["step"]) is None:
            return inband.execute(task, steps.CLEAN, step)
        return super().execute_clean_step(task, step)

    # -- servicing ------------------------------------------------------------------------------------------------

    def prepare_service(self, task: Task) -> str | None:
        task.driver.boot.validate(task)
        _boot_ramdisk(task)
        return states.SERVICEWAIT

    def tear_down_service(self, task: Task) -> str | None:
        _end_agent(task)
        task.driver.boot.prepare_instance(task)
        _start_instance(task)
        return None

    def get_service_steps(self, task: Task) -> list[dict[str, Any]]:
        return _with_agents(task, steps.SERVICE, super().get_service_steps(task))

    def execute_service_step(self, task: Task, step: dict[str, Any]) -> str | None:
        if self.step_spec(steps.SERVICE, step["step"]) is None:
            return inband.execute(task, steps.SERVICE, step)
        return super().execute_service_step(task, step)

    # -- the agent calls ------------------------------------------------------------------------------------------

    def heartbeat(self, task: Task) -> bool:
        node = task.node
        kind = inband.KINDS.get(node.provision_state)
        if kind is None:
            return True
        if inband.COMMAND in node.driver_internal_info:
            return inband.ended(task, kind, getattr(node, f"{kind}_step"))
        # What was waited for is the agent itself.
        inband.refresh(task, kind)
        return True


def _with_agents(task: Task, kind: str, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our own steps, and those of the agent that do not go through one of ours."""
    names = {step["step"] for step in own}
    return own + [s for s in inband.offered(task, kind, "deploy") if s["step"] not in names]


def _agent_is_up(task: Task) -> bool:
    """Whether an agent from an earlier operation is still there, and may be used again."""
    node = task.node
    if not CONF.deploy.fast_track or not node.agent_url or node.agent_last_heartbeat is None:
        return False
    silent = timeutils.utcnow(with_timezone=True) - node.agent_last_heartbeat
    return silent.total_seconds() <= CONF.deploy.fast_track_timeout


def _boot_ramdisk(task: Task) -> None:
    """Start the server with the deploy ramdisk; whatever agent ran on it is void from here on."""
    node = task.node
    node.forget_agent()
    inband.forget(node)
    task.driver.boot.prepare_ramdisk(task, {})
    task.set_power(states.REBOOT)


def _end_agent(task: Task) -> None:
    """Flush the disk, let the server power itself off, and see to it that it does."""
    try:
        agent = AgentClient(task.node)
        agent.sync()
        if task.node.disable_power_off:
            agent.lockdown()
        else:
            agent.power_off()
            _wait_for_power_off(task)
    except (
        exception.AgentConnectionFailed,
        exception.AgentAPIError,
        exception.AgentInProgress,
    ) as exc:
        LOG.warning("Node %s: the agent does not power the server off: %s", task.node.uuid, exc)
    _power_off(task)


def _wait_for_power_off(task: Task) -> None:
    pause = CONF.agent.post_deploy_get_power_state_retry_interval
    deadline = time.monotonic() + CONF.agent.post_deploy_get_power_state_retries * pause
    wait = min(0.2, pause)
    while time.monotonic() < deadline:
        if task.driver.power.get_power_state(task) == states.POWER_OFF:
            return
        time.sleep(wait)
        wait = min(2 * wait, pause)


def _power_off(task: Task) -> None:
    if not task.node.disable_power_off:
        task.set_power(states.POWER_OFF)
    task.node.forget_agent()
    inband.forget(task.node)


def _start_instance(task: Task) -> None:
    """A server that must not be powered off still runs its ramdisk, and boots again."""
    task.set_power(states.REBOOT if task.node.disable_power_off else states.POWER_ON)
