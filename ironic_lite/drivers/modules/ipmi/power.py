# SPDX-License-Identifier: Apache-2.0
"""Power over IPMI: Chassis Control and Get Chassis Status (IPMI 2.0 sections 28.3 and 28.2)."""

import time

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import power
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import commands, driver_info
from ironic_lite.drivers.modules.ipmi.commands import ChassisControl

LOG = log.getLogger(__name__)

FIRST_POLL = 0.1
SLOWEST_POLL = 2.0
"""Seconds between two looks at a changing power state: short at first, doubling up to the second value."""

_WRONG_STATE = 0xD5
"""Completion code with which some BMCs answer a request for the state that the server is in already."""


class IPMIPower(power.PowerInterface):
    """Power control by the BMC."""

    def get_properties(self) -> dict[str, str]:
        return dict(driver_info.COMMON_PROPERTIES)

    def validate(self, task: Task) -> None:
        driver_info.parse(task.node.driver_info)

    def get_supported_power_states(self, task: Task) -> list[str]:
        return list(states.POWER_TARGETS)

    def get_power_state(self, task: Task) -> str:
        """Ask the BMC.

        :returns: ``error`` when the BMC's answer holds no power state.
        :raises IPMIFailure: when there is no answer.
        """
        on = commands.power_is_on(_info(task))
        if on is None:
            return states.ERROR
        return states.POWER_ON if on else states.POWER_OFF

    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None:
        """Change power and wait until it has changed.

        :raises InvalidParameterValue: when there is no such power state.
        :raises PowerStateFailure: when the state is not reached in time.
        :raises NodeLockLost: when the task has lost the node by the time that the BMC would be told.
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
            _power_on(task, timeout)
        else:
            raise exception.InvalidParameterValue(
                err=f"'{power_state}' is not a power state; use one of {', '.join(states.POWER_TARGETS)}."
            )

    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if it is on, then power on; a reset for a node that must never be powered off."""
        if not commands.power_is_on(_info(task)):
            _power_on(task, timeout)
        elif task.node.disable_power_off:
            commands.chassis_control(_info(task), ChassisControl.HARD_RESET, task.ensure_locked)
        else:
            _power_off(task, timeout)
            _power_on(task, timeout)


def _info(task: Task) -> driver_info.ConnectionInfo:
    return driver_info.parse(task.node.driver_info)


def _power_on(task: Task, timeout: int | None) -> None:
    _change(task, ChassisControl.POWER_UP)
    _wait(_info(task), states.POWER_ON, timeout or CONF.conductor.power_state_change_timeout)


def _power_off(task: Task, timeout: int | None) -> None:
    _change(task, ChassisControl.POWER_DOWN)
    _wait(_info(task), states.POWER_OFF, timeout or CONF.conductor.power_state_change_timeout)


def _soft_power_off(task: Task, asked: str, timeout: int | None) -> None:
    _change(task, ChassisControl.SOFT_SHUTDOWN)
    _wait(_info(task), asked, timeout or CONF.conductor.soft_power_off_timeout, on=False)


def _change(task: Task, what: ChassisControl) -> None:
    info = _info(task)
    try:
        commands.chassis_control(info, what, task.ensure_locked)
    except exception.IPMICommandRefused as refused:
        if refused.completion != _WRONG_STATE:
            raise
        LOG.debug("BMC %s says it is in the wrong state for %s", info.endpoint, what.name)


def _wait(
    info: driver_info.ConnectionInfo, asked: str, timeout: float, on: bool | None = None
) -> None:
    """Poll until the server is on or off, as ``asked`` (or ``on``) says, for ``timeout`` seconds."""
    wanted = (asked == states.POWER_ON) if on is None else on
    deadline = time.monotonic() + timeout
    pause, trouble = FIRST_POLL, ""
    while True:
        try:
            if commands.power_is_on(info) is wanted:
                return
            trouble = ""
        except exception.IPMIUnreachable as silent:
            # BMCs that share a network port with the server lose their link while its power changes.
            trouble = f" Last try: {silent}"
        left = deadline - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(pause, left))
        pause = min(pause * 2, SLOWEST_POLL)
    raise exception.PowerStateFailure(
        f"Failed to set node power state to {asked}: the server is still "
        f"{'off' if wanted else 'on'} {timeout:g} s after its BMC took the request.{trouble}"
        + ("" if wanted else _ADVICE.get(asked, "")),
        pstate=asked,
    )


_ADVICE = dict.fromkeys(
    (states.SOFT_POWER_OFF, states.SOFT_REBOOT),
    " Its operating system may ignore the power button; power off instead, or allow more time.",
)
