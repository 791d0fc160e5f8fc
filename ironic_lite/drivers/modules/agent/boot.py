# SPDX-License-Identifier: Apache-2.0
"""How the agent's ramdisk comes up on a server, and how it ends."""

import time

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import fast_track
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import driver_info, inband
from ironic_lite.drivers.modules.agent.client import AgentClient

LOG = log.getLogger(__name__)

_FIRST_CALL = 30.0
"""Seconds within which an agent calls that has got its token."""


def use_running(task: Task) -> bool:
    """Take an agent that is still up from an earlier operation, with fast-track; False when there is none."""
    if fast_track.is_about_to_call(task.node):
        _wait_for_first_call(task)
    return fast_track.agent_is_up(task.node) and inband.start_afresh(task)


def _wait_for_first_call(task: Task) -> None:
    """An agent that has its token calls within seconds, which is quicker than booting it again."""
    # What was changed so far is kept: the record is read anew.
    task.node.save()
    deadline = time.monotonic() + _FIRST_CALL
    while fast_track.is_about_to_call(task.node) and time.monotonic() < deadline:
        time.sleep(0.5)
        task.node.refresh()


def boot_ramdisk(task: Task, parameters: dict[str, str] | None = None) -> None:
    """Start the server with the deploy ramdisk; whatever agent ran on it is void from here on.

    :param parameters: kernel arguments for the agent, besides the usual ones.
    """
    forget_agent(task)
    if task.node.power_state != states.POWER_OFF and not task.node.disable_power_off:
        # In the middle of its POST it would use up the boot device of the next boot.
        task.set_power(states.POWER_OFF)
    task.driver.boot.prepare_ramdisk(task, parameters or {})
    task.set_power(states.REBOOT)


def forget_agent(task: Task) -> None:
    """Whatever agent runs on the server is not to be used again."""
    task.node.forget_agent()
    inband.forget(task.node)


def end_agent(task: Task) -> None:
    """Flush the disk, let the server power itself off unless only its BMC shall, and see to it that it does."""
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
    deadline = time.monotonic() + CONF.agent.post_deploy_get_power_state_retries * pause
    wait = min(0.2, pause)
    while time.monotonic() < deadline:
        if task.driver.power.get_power_state(task) == states.POWER_OFF:
            return
        time.sleep(wait)
        wait = min(2 * wait, pause)


def power_off(task: Task) -> None:
    """Power the server off, unless that must never be; its agent is not to be used again in either case."""
    task.set_power(states.POWER_OFF)
    forget_agent(task)


def start_instance(task: Task) -> None:
    """Boot what is prepared. A server that must not be powered off is still up, and boots again."""
    task.set_power(states.REBOOT if task.node.disable_power_off else states.POWER_ON)
