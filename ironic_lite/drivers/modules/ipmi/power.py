# SPDX-License-Identifier: Apache-2.0
"""Power over IPMI: Chassis Control and Get Chassis Status (IPMI 2.0 sections 28.3 and 28.2)."""

import time
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import power_wait
from ironic_lite.drivers.interfaces import power
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import boot_device, commands, driver_info, retry, sessions
from ironic_lite.drivers.modules.ipmi.commands import ChassisControl
from ironic_lite.drivers.modules.ipmi.interface import IPMIInterface

LOG = log.getLogger(__name__)

_OFF_SINCE: dict[str, float] = {}
"""When a server was first seen off after our request (``time.monotonic()``), by its BMC's endpoint."""


class IPMIPower(IPMIInterface, power.PowerInterface):
    """Power control by the BMC."""

    def get_supported_power_states(self, task: Task) -> list[str]:
        return list(states.POWER_TARGETS)

    def connection_facts(self, task: Task) -> dict[str, Any]:
        """Return the cipher suite of the last session, if there was one recently."""
        suite = sessions.POOL.suite(_info(task))
        return {} if suite is None else {"ipmi_cipher_suite": suite}

    def get_power_state(self, task: Task) -> str:
        """Return the power state that the BMC reports.

        :returns: ``error`` when the BMC's answer holds no power state.
        :raises IPMIFailure: when the BMC does not answer or refuses.
        """
        on = commands.power_is_on(_info(task))
        if on is None:
            return states.ERROR
        return states.POWER_ON if on else states.POWER_OFF

    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        """Change power and wait until it has changed.

        :raises InvalidParameterValue: when there is no such power state.
        :raises PowerStateFailure: when the state is not reached in time.
        :raises NodeLockLost: when the task has lost the lock before the request is sent.
        :raises IPMIFailure: when the BMC cannot be reached or refuses.
        """
        if power_state == states.POWER_ON:
            _power_on(task, timeout)
        elif power_state == states.POWER_OFF:
            _power_off(task, timeout)
        elif power_state == states.SOFT_POWER_OFF:
            _soft_power_off(task, power_state, timeout)
        elif power_state == states.REBOOT:
            self.reboot(task, timeout)
        elif power_state == states.SOFT_REBOOT:
            if commands.power_is_on(_info(task)):
                _soft_power_off(task, power_state, timeout)
            _pause_after_off(_info(task))
            _power_on(task, timeout)
        else:
            raise exception.InvalidParameterValue(
                err=f"'{power_state}' is not a power state; use one of {', '.join(states.POWER_TARGETS)}."
            )

    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if the server is on, then power on. Reset a node whose power off is disabled."""
        if commands.power_is_on(_info(task)):
            if task.node.disable_power_off:
                _reset(task)
                return
            _power_off(task, timeout)
        _pause_after_off(_info(task))
        _power_on(task, timeout)


def _info(task: Task) -> driver_info.ConnectionInfo:
    return driver_info.parse(task.node.driver_info)


def _power_on(task: Task, timeout: int | None) -> None:
    boot_device.before_power_on(task)
    seconds = timeout or CONF.conductor.power_state_change_timeout
    _reach(task, ChassisControl.POWER_UP, states.POWER_ON, seconds, on=True)
    boot_device.after_power_on(task)


def _power_off(task: Task, timeout: int | None) -> None:
    seconds = timeout or CONF.conductor.power_state_change_timeout
    _reach(task, ChassisControl.POWER_DOWN, states.POWER_OFF, seconds, on=False)


def _soft_power_off(task: Task, asked: str, timeout: int | None) -> None:
    seconds = timeout or CONF.conductor.soft_power_off_timeout
    _reach(task, ChassisControl.SOFT_SHUTDOWN, asked, seconds, on=False)


def _pause_after_off(info: driver_info.ConnectionInfo) -> None:
    """Wait until a server has been off for ``[ipmi] power_off_pause``."""
    off_since = _OFF_SINCE.pop(info.endpoint, 0.0)
    pause = off_since + CONF.ipmi.power_off_pause - time.monotonic()
    if pause > 0:
        time.sleep(pause)


def _reset(task: Task) -> None:
    """Reset a server that is on.

    The result of a reset is not visible. If the BMC does not confirm it, the reset is repeated. That is harmless as
    long as the boot device is set again, because the first reset may have used it up.
    """
    info = _info(task)
    boot_device.before_power_on(task)
    flags = commands.get_raw_boot_flags(info)
    tries = retry.Tries(time.monotonic() + CONF.ipmi.command_retry_timeout)
    while True:
        try:
            commands.chassis_control(info, ChassisControl.HARD_RESET, task.ensure_locked)
            break
        except (exception.IPMICommandRefused, exception.IPMIUnreachable) as problem:
            if not _may_have_effect(problem) or not tries.again():
                raise
            LOG.info("%s Sending the reset again.", problem)
        if flags is not None:
            commands.set_raw_boot_flags(info, flags, task.ensure_locked)
    boot_device.after_power_on(task)


def _may_have_effect(problem: exception.IPMIFailure) -> bool:
    """Tell whether the BMC may have executed the request, or may do so later."""
    if isinstance(problem, exception.IPMICommandRefused):
        return problem.completion in (retry.WRONG_STATE, *retry.UNSETTLED_CODES)
    return isinstance(problem, exception.IPMIUnreachable) and problem.unsettled


def _reach(task: Task, what: ChassisControl, asked: str, timeout: float, on: bool) -> None:
    """Bring the server into a power state; raises as :func:`power_wait.reach` does."""
    info = _info(task)
    change = power_wait.Change(
        asked=asked,
        on=on,
        request=lambda: _ask(task, info, what, on),
        is_on=lambda: commands.power_is_on(info),
        silent=exception.IPMIUnreachable,
        hardware=info.endpoint,
    )
    power_wait.reach(change, timeout)
    if not on:
        _OFF_SINCE[info.endpoint] = time.monotonic()


def _ask(task: Task, info: driver_info.ConnectionInfo, what: ChassisControl, on: bool) -> str:
    """Send the request once.

    :returns: the problem, for the message if the power state is not reached; empty without a problem.
    :raises IPMIFailure: when a retry cannot help.
    """
    try:
        commands.chassis_control(info, what, task.ensure_locked)
    except (exception.IPMICommandRefused, exception.IPMIUnreachable) as problem:
        if _may_have_effect(problem) or commands.power_is_on(info) is on:
            return f" Last attempt: {problem}"
        raise
    return ""
