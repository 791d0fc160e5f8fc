# SPDX-License-Identifier: Apache-2.0
"""Boot the agent's ramdisk on a server, and end it."""

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import fast_track, power_wait
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import driver_info, inband
from ironic_lite.drivers.modules.agent.client import AgentClient

LOG = log.getLogger(__name__)

_FIRST_CALL = 30.0
"""Seconds to wait for the first heartbeat of an agent that has its token."""

_LATE = 0.5
"""Seconds after which a server that has powered itself off is noticed at the latest."""


def use_running(task: Task) -> bool:
    """With fast-track, reuse an agent that is still up from an earlier operation; False when there is none."""
    if fast_track.is_about_to_call(task.node):
        _wait_for_first_call(task)
    return fast_track.agent_is_up(task.node) and inband.start_afresh(task)


def _wait_for_first_call(task: Task) -> None:
    """Wait for the first heartbeat of an agent that has its token; this is quicker than booting it again."""
    # Save the changes made so far, because the loop reads the record again.
    task.node.save()
    polling = power_wait.Polling(_FIRST_CALL, first=0.5, slowest=0.5)
    while fast_track.is_about_to_call(task.node) and polling.left > 0:
        polling.pause()
        task.node.refresh()


def boot_ramdisk(task: Task, parameters: dict[str, str] | None = None) -> None:
    """Start the server with the deploy ramdisk. The record forgets the agent that ran on it before.

    :param parameters: kernel arguments for the agent, in addition to the usual ones.
    """
    forget_agent(task)
    if task.node.power_state != states.POWER_OFF and not task.node.disable_power_off:
        # A server in the middle of its POST would use up the boot device that is meant for the next boot.
        task.set_power(states.POWER_OFF)
    task.driver.boot.prepare_ramdisk(task, parameters or {})
    task.set_power(states.REBOOT)


def forget_agent(task: Task) -> None:
    """Remove the agent from the node's record, so that nothing uses it again."""
    task.node.forget_agent()
    inband.forget(task.node)


def end_agent(task: Task) -> None:
    """Flush the disk and power the server off.

    The agent does it, unless only the BMC may (``driver_info/deploy_forces_oob_reboot``). If the server is not off in
    time, the BMC powers it off.
    """
    task.keep_ramdisk_logs()
    try:
        agent = AgentClient(task.node)
        agent.sync()
        if task.node.disable_power_off:
            agent.lockdown()
        elif not driver_info.forces_power_off(task.node):
            agent.power_off()
            _wait_for_power_off(task)
    except (
        exception.AgentConnectionFailed,
        exception.AgentAPIError,
        exception.AgentInProgress,
    ) as exc:
        LOG.warning("Node %s: the agent does not power the server off: %s", task.node.uuid, exc)
    power_off(task)


def _wait_for_power_off(task: Task) -> None:
    pause = CONF.agent.post_deploy_get_power_state_retry_interval
    seconds = CONF.agent.post_deploy_get_power_state_retries * pause
    polling = power_wait.Polling(seconds, first=min(0.2, pause), slowest=min(_LATE, pause))
    while polling.left > 0:
        if task.driver.power.get_power_state(task) == states.POWER_OFF:
            return
        polling.pause()


def power_off(task: Task) -> None:
    """Power the server off, unless the node disables that, and forget its agent in either case."""
    task.set_power(states.POWER_OFF)
    forget_agent(task)


def start_instance(task: Task) -> None:
    """Boot the prepared instance. A server whose power off is disabled is still on: reboot it."""
    task.set_power(states.REBOOT if task.node.disable_power_off else states.POWER_ON)
