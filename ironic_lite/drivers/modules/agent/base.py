# SPDX-License-Identifier: Apache-2.0
"""The common part of the deploy interfaces that use the agent: cleaning, servicing, heartbeats."""

from typing import Any, ClassVar

from ironic_lite.common import states
from ironic_lite.common.operations import provision_states
from ironic_lite.drivers import fast_track
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.deploy import DeployInterface
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot, driver_info, erasure, inband
from ironic_lite.drivers.modules.agent.client import AgentClient


class AgentBase(DeployInterface):
    """Supports ironic-python-agent 13."""

    uses_agent = True
    boot_step = "boot_ramdisk"

    agent_steps: ClassVar[tuple[str, ...]] = (steps.CLEAN, steps.SERVICE)
    """Kinds of steps that the agent brings, beside those that are declared here."""

    def get_properties(self) -> dict[str, str]:
        return {
            "fast_track": "Whether to reuse an agent that is still running instead of booting the ramdisk again; when "
            "unset, [deploy] fast_track applies. One of true, false. Optional.",
            **driver_info.PROPERTIES,
        }

    def expect_steps(self, task: Task, kind: str) -> None:
        inband.forget_steps(task.node, kind)

    def awaits_steps(self, task: Task, kind: str) -> bool:
        return not inband.knows_steps(task.node, kind)

    def get_steps(self, task: Task, kind: str) -> list[dict[str, Any]]:
        own = super().get_steps(task, kind)
        if kind not in self.agent_steps:
            return own
        names = {step["step"] for step in own}
        return own + [s for s in inband.offered(task, kind, "deploy") if s["step"] not in names]

    def execute_step(self, task: Task, kind: str, step: dict[str, Any]) -> str | None:
        if kind in self.agent_steps and self.step_spec(kind, step["step"]) is None:
            return inband.execute(task, kind, step)
        return super().execute_step(task, kind, step)

    # -- around deployment ----------------------------------------------------------------------------------------

    def clean_up(self, task: Task) -> None:
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.boot.clean_up_instance(task)

    def tear_down(self, task: Task) -> None:
        boot.power_off(task)
        task.driver.storage.detach_volumes(task)
        task.driver.network.unconfigure_tenant_networks(task)
        task.driver.network.disconnect(task, Purpose.PROVISIONING)

    # -- cleaning -------------------------------------------------------------------------------------------------

    def prepare_cleaning(self, task: Task) -> str | None:
        task.driver.boot.validate(task)
        erasure.record(task.node)
        task.driver.network.connect(task, Purpose.CLEANING)
        if boot.use_running(task):
            inband.refresh(task, steps.CLEAN)
            return None
        boot.boot_ramdisk(task)
        return states.CLEANWAIT

    def tear_down_cleaning(self, task: Task) -> None:
        if fast_track.agent_is_up(task.node):
            task.driver.network.disconnect(task, Purpose.CLEANING)
            return
        task.keep_ramdisk_logs()
        boot.power_off(task)
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.network.disconnect(task, Purpose.CLEANING)

    # -- servicing ------------------------------------------------------------------------------------------------

    def prepare_service(self, task: Task) -> str | None:
        task.driver.boot.validate(task)
        erasure.record(task.node)
        if task.driver.network.moves_servers:
            boot.power_off(task)
        task.driver.boot.clean_up_instance(task)
        task.driver.network.unconfigure_tenant_networks(task)
        task.driver.network.connect(task, Purpose.SERVICING)
        boot.boot_ramdisk(task)
        return states.SERVICEWAIT

    def tear_down_service(self, task: Task) -> str | None:
        boot.end_agent(task)
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.network.disconnect(task, Purpose.SERVICING)
        task.driver.network.configure_tenant_networks(task)
        task.driver.boot.prepare_instance(task)
        boot.start_instance(task)
        return None

    # -- ramdisk and agent ----------------------------------------------------------------------------------------

    @steps.clean_step(priority=0, repeatable=True, waits=True)
    @steps.deploy_step(priority=0, repeatable=True, waits=True)
    @steps.service_step(repeatable=True, waits=True)
    def boot_ramdisk(self, task: Task) -> str:
        """Boot the server with the ramdisk, even if an agent runs on it, and wait for the new agent."""
        boot.boot_ramdisk(task)
        return provision_states.waiting_of(task.node.provision_state)

    def forget_agent(self, task: Task) -> None:
        boot.forget_agent(task)

    def works_in_agent(self, node: Any) -> bool:
        return inband.COMMAND in node.driver_internal_info

    def collect_logs(self, task: Task) -> bytes:
        return AgentClient(task.node, once=True).collect_logs()

    def has_ended(self, task: Task) -> bool:
        return inband.is_idle(task.node)

    # -- heartbeats ------------------------------------------------------------------------------------------

    def heartbeat(self, task: Task) -> bool:
        node = task.node
        kind = provision_states.step_kind(node.provision_state)
        if kind is None:
            return True
        if inband.COMMAND in node.driver_internal_info:
            return inband.ended(task, kind, getattr(node, f"{kind}_step"))
        # The node waited for the agent to come up, not for a command.
        inband.refresh(task, kind)
        return True
