# SPDX-License-Identifier: Apache-2.0
"""Rescue interface ``agent``: the agent of a rescue ramdisk sets the password and then stops listening."""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.rescue import HASHED_PASSWORD, PASSWORD, RescueInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot
from ironic_lite.drivers.modules.agent.client import AgentClient

LOG = log.getLogger(__name__)

_CANNOT_STORE = ("ipa-rescue-config", "rescue password to the password file", "OSError is not JSON")
"""Parts of the messages of agents that cannot write the password; the newest agents report only the last one."""


class AgentRescue(RescueInterface):
    """Supports ironic-python-agent 13."""

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        task.driver.network.validate_network(task, Purpose.RESCUING)
        task.driver.boot.validate_rescue(task)

    def rescue(self, task: Task) -> str:
        boot.power_off(task)
        task.driver.boot.clean_up_instance(task)
        task.driver.network.unconfigure_tenant_networks(task)
        task.driver.network.connect(task, Purpose.RESCUING)
        boot.boot_ramdisk(task)
        return states.RESCUEWAIT

    def finalize(self, task: Task) -> None:
        task.keep_ramdisk_logs()
        _set_password(task.node)
        # The ramdisk stays up in the instance's networks, where nothing may call its agent any more.
        boot.forget_agent(task)
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.network.disconnect(task, Purpose.RESCUING)
        task.driver.network.configure_tenant_networks(task)

    def unrescue(self, task: Task) -> str:
        boot.power_off(task)
        self._leave(task)
        task.driver.network.configure_tenant_networks(task)
        task.driver.boot.prepare_instance(task)
        boot.start_instance(task)
        return states.ACTIVE

    def clean_up(self, task: Task) -> None:
        boot.power_off(task)
        self._leave(task)

    def _leave(self, task: Task) -> None:
        task.driver.boot.clean_up_ramdisk(task)
        task.driver.network.disconnect(task, Purpose.RESCUING)


def _set_password(node: Any) -> None:
    try:
        _send_password(node)
    except exception.AgentAPIError as exc:
        if not any(sign in exc.message for sign in _CANNOT_STORE):
            raise
        raise exception.InstanceRescueFailure(
            instance=node.instance_uuid,
            node=node.uuid,
            reason="the agent cannot store the password. The rescue ramdisk lacks the directory "
            "/etc/ipa-rescue-config, or the service that turns the password there into a login; build it with the "
            f"rescue elements. The agent reports: {exc.message}",
        ) from exc


def _send_password(node: Any) -> None:
    info, agent = node.instance_info, AgentClient(node)
    try:
        agent.finalize_rescue(info[HASHED_PASSWORD], hashed=True)
    except exception.AgentAPIError as exc:
        plain = info.get(PASSWORD)
        if CONF.conductor.require_rescue_password_hashed or plain is None:
            raise
        LOG.warning(
            "Node %s: the ramdisk does not accept a hashed password, so it gets the password itself: %s",
            node.uuid,
            exc,
        )
        agent.finalize_rescue(plain, hashed=False)
