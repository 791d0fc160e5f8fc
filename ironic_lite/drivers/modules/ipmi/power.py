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
"""Seconds between two polls of a changing power state: they double from the first value up to the second."""

FIRST_REPEAT = 2.0
SLOWEST_REPEAT = 15.0
"""Seconds after which a request is sent again because the power state has not changed; they double each time. BMCs
lose a power on that comes too soon after a power off, and an operating system that starts ignores the power button."""

_OFF_SINCE: dict[str, float] = {}
"""When a server was first seen off after our request (``time.monotonic()``), by its BMC's endpoint."""


class IPMIPower(power.PowerInterface):
    """Power control by the BMC."""

    properties_prefix = driver_info.PREFIX

    def get_properties(self) -> dict[str, str]:
        return dict(driver_info.COMMON_PROPERTIES)

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(driver_info.REFUSED)

    def command_timeout(self) -> float:
        return float(CONF.ipmi.command_retry_timeout)

    def validate(self, task: Task) -> None:
        driver_info.parse(task.node.driver_info)

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
            _rest(_info(task))
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
            if not _is_open(problem) or not tries.again():
                raise
            LOG.info("%s Sending the reset again.", problem)
        if flags is not None:
            commands.set_raw_boot_flags(info, flags, task.ensure_locked)
    boot_device.after_power_on(task)


def _is_open(problem: exception.IPMIFailure) -> bool:
    """Tell whether the BMC may have executed the request, or may do so later."""
    if isinstance(problem, exception.IPMICommandRefused):
        return problem.completion in (retry.WRONG_STATE, *retry.UNSETTLED_CODES)
    return isinstance(problem, exception.IPMIUnreachable) and problem.unsettled


def _reach(task: Task, what: ChassisControl, asked: str, timeout: float, on: bool) -> None:
    """Request a power state, poll it, and repeat the request, for ``timeout`` seconds.

    Only the server's power state counts, not the BMC's answer to the request.
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
            # A BMC that shares a network port with the server loses its link while power changes.
            silence = str(silent)
        left = deadline - time.monotonic()
        if left <= 0:
            raise _not_reached(asked, timeout, on, requests, trouble, silence)
        if time.monotonic() >= ask_at:
            LOG.info(
                "BMC %s: the server is still %s; sending the request again",
                info.endpoint,
                "off" if on else "on",
            )
            trouble = _ask(task, info, what, on)
            repeat = min(2 * repeat, SLOWEST_REPEAT)
            ask_at, requests, poll = time.monotonic() + repeat, requests + 1, FIRST_POLL
        time.sleep(min(poll, left))
        poll = min(poll * 2, SLOWEST_POLL)
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
        if _is_open(problem) or commands.power_is_on(info) is on:
            return f" Last attempt: {problem}"
        raise
    return ""


def _not_reached(
    asked: str, timeout: float, on: bool, requests: int, trouble: str, silence: str
) -> exception.PowerStateFailure:
    often = "" if requests == 1 else f" (asked {requests} times)"
    what = f"the server is still {'off' if on else 'on'} {timeout:g} s after the request to its BMC{often}.{trouble}"
    if silence:
        what = f"the BMC got the request{often}, but does not report the power state any more: {silence}"
    return exception.PowerStateFailure(
        f"Failed to set node power state to {asked}: {what}"
        + ("" if on else _ADVICE.get(asked, "")),
        pstate=asked,
    )


_ADVICE = dict.fromkeys(
    (states.SOFT_POWER_OFF, states.SOFT_REBOOT),
    " The operating system may ignore the power button: use a hard power off, or a longer timeout.",
)
