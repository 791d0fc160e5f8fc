# SPDX-License-Identifier: Apache-2.0
"""Power over IPMI: Chassis Control and Get Chassis Status (IPMI 2.0 sections 28.3 and 28.2)."""

import time
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import refused_fields
from ironic_lite.drivers.interfaces import power
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.ipmi import boot_device, commands, driver_info, retry, sessions
from ironic_lite.drivers.modules.ipmi.commands import ChassisControl

LOG = log.getLogger(__name__)

FIRST_POLL = 0.1
SLOWEST_POLL = 2.0
"""Seconds between two looks at a changing power state: short at first, doubling up to the second value."""

FIRST_REPEAT = 2.0
SLOWEST_REPEAT = 15.0
"""Seconds after which a request is sent again because the server is still as it was: doubled each time. BMCs lose a
power on that comes too soon after a power off, and operating systems a power button pressed while they start."""

_OFF_SINCE: dict[str, float] = {}
"""When servers were seen to have gone off at our request (``time.monotonic()``), by the endpoint of their BMC."""


class IPMIPower(power.PowerInterface):
    """Power control by the BMC."""

    properties_prefix = driver_info.PREFIX

    def get_properties(self) -> dict[str, str]:
        return dict(driver_info.COMMON_PROPERTIES)

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(driver_info.REFUSED)

    def validate(self, task: Task) -> None:
        driver_info.parse(task.node.driver_info)

    def get_supported_power_states(self, task: Task) -> list[str]:
        return list(states.POWER_TARGETS)

    def connection_facts(self, task: Task) -> dict[str, Any]:
        """The cipher suite of the last session, where there was one lately."""
        suite = sessions.POOL.suite(_info(task))
        return {} if suite is None else {"ipmi_cipher_suite": suite}

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
            _rest(_info(task))
            _power_on(task, timeout)
        else:
            raise exception.InvalidParameterValue(
                err=f"'{power_state}' is not a power state; use one of {', '.join(states.POWER_TARGETS)}."
            )

    def reboot(self, task: Task, timeout: int | None = None) -> None:
        """Power off if it is on, then power on; a reset for a node that must never be powered off."""
        if commands.power_is_on(_info(task)):
            if task.node.disable_power_off:
                _reset(task)
                return
            _power_off(task, timeout)
        _rest(_info(task))
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


def _rest(info: driver_info.ConnectionInfo) -> None:
    """Leave a server that has just been powered off alone for ``[ipmi] power_off_pause``."""
    off_since = _OFF_SINCE.pop(info.endpoint, 0.0)
    pause = off_since + CONF.ipmi.power_off_pause - time.monotonic()
    if pause > 0:
        time.sleep(pause)


def _reset(task: Task) -> None:
    """Reset a server that is on.

    Whether it was reset cannot be seen. A BMC that does not say so either is asked again: that does no harm, as long
    as the server finds the boot device that the first reset may have used up.
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
            if not _is_open(problem) or not tries.again():
                raise
            LOG.info("%s Resetting it again.", problem)
        if flags is not None:
            commands.set_raw_boot_flags(info, flags, task.ensure_locked)
    boot_device.after_power_on(task)


def _is_open(problem: exception.IPMIFailure) -> bool:
    """Whether it is unknown if the BMC has done what it was asked to, or will do it later."""
    if isinstance(problem, exception.IPMICommandRefused):
        return problem.completion in (retry.WRONG_STATE, *retry.UNSETTLED_CODES)
    return isinstance(problem, exception.IPMIUnreachable) and problem.unsettled


def _reach(task: Task, what: ChassisControl, asked: str, timeout: float, on: bool) -> None:
    """Ask for a power state, look whether the server has it, and ask again, for ``timeout`` seconds.

    The server's state is what counts, not what its BMC says to the request.
    """
    info, deadline = _info(task), time.monotonic() + timeout
    requests, trouble = 1, _ask(task, info, what, on)
    poll, repeat = FIRST_POLL, FIRST_REPEAT
    if what is ChassisControl.SOFT_SHUTDOWN and not trouble:
        repeat = SLOWEST_REPEAT
    ask_at = time.monotonic() + repeat
    while True:
        silence = ""
        try:
            if commands.power_is_on(info) is on:
                break
        except exception.IPMIUnreachable as silent:
            # BMCs that share a network port with the server lose their link while its power changes.
            silence = str(silent)
        left = deadline - time.monotonic()
        if left <= 0:
            raise _not_reached(asked, timeout, on, requests, trouble, silence)
        if time.monotonic() >= ask_at:
            LOG.info("BMC %s: still %s, asking again", info.endpoint, "off" if on else "on")
            trouble = _ask(task, info, what, on)
            repeat = min(2 * repeat, SLOWEST_REPEAT)
            ask_at, requests, poll = time.monotonic() + repeat, requests + 1, FIRST_POLL
        time.sleep(min(poll, left))
        poll = min(poll * 2, SLOWEST_POLL)
    if not on:
        _OFF_SINCE[info.endpoint] = time.monotonic()


def _ask(task: Task, info: driver_info.ConnectionInfo, what: ChassisControl, on: bool) -> str:
    """Send the request once.

    :returns: what was amiss, for the case that the state is not reached; empty when nothing was.
    :raises IPMIFailure: when there is nothing to hope for.
    """
    try:
        commands.chassis_control(info, what, task.ensure_locked)
    except (exception.IPMICommandRefused, exception.IPMIUnreachable) as problem:
        if _is_open(problem) or commands.power_is_on(info) is on:
            return f" Last try: {problem}"
        raise
    return ""


def _not_reached(
    asked: str, timeout: float, on: bool, requests: int, trouble: str, silence: str
) -> exception.PowerStateFailure:
    often = "" if requests == 1 else f" (asked {requests} times)"
    what = f"the server is still {'off' if on else 'on'} {timeout:g} s after its BMC got the request{often}.{trouble}"
    if silence:
        what = f"its BMC got the request{often}, and does not say any more whether the server is on: {silence}"
    return exception.PowerStateFailure(
        f"Failed to set node power state to {asked}: {what}"
        + ("" if on else _ADVICE.get(asked, "")),
        pstate=asked,
    )


_ADVICE = dict.fromkeys(
    (states.SOFT_POWER_OFF, states.SOFT_REBOOT),
    " Its operating system may ignore the power button; power off instead, or allow more time.",
)
