# SPDX-License-Identifier: Apache-2.0
"""When a command is tried again: one policy for all that a BMC can answer, and for its silence.

A command is tried again until ``[ipmi] command_retry_timeout`` seconds have passed, unless the answer is final. Final
is what the same request would meet again: a wrong password or user, too low a privilege, a command or data that the BMC
does not know. Everything else means "not now": silence, a refused connection, no free session, a BMC that is busy,
starts, updates itself or cannot say what it did. ``[ipmi] additional_retryable_errors`` takes away from what is final.

What must not be done twice is not sent again once the BMC may have done it.
"""

import time

from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import errors, login, wire

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 3.0
"""Seconds before the second try, and between two tries at most; doubled from one to the next."""

WRONG_STATE = 0xD5
"""Completion code "not supported in present state": what was asked for may be so already, or not yet be possible."""

# Completion codes of IPMI 2.0 table 5-2 that the same request would get again. Those from 0x80 to 0xBE, which belong to
# one command each, and the maker's own from 0x01 to 0x7E are judged to be so too.
_FINAL_CODES = frozenset(
    (
        0xC1,  # invalid command
        0xC2,  # invalid command for this LUN
        0xC5,  # reservation cancelled: another one has to be made first
        0xC6,  # request data truncated
        0xC7,  # request data length invalid
        0xC8,  # request data field length limit exceeded
        0xC9,  # parameter out of range
        0xCA,  # cannot return the number of bytes asked for
        0xCB,  # requested sensor, data or record not present
        0xCC,  # invalid data field
        0xCD,  # command illegal for this sensor or record
        0xD4,  # insufficient privilege, or firmware firewall
        0xD6,  # sub-function disabled or unavailable
    )
)

UNSETTLED_CODES = frozenset((0xC3, 0xCE, 0xCF, 0xFF))
"""Completion codes that leave open whether the BMC has done what it was asked to."""

# The last status code of RMCP+ that has a meaning (table 13-15); one that has none says nothing of what comes next.
_LAST_KNOWN_STATUS = 0x12


def code_is_final(code: int, request: wire.Request) -> bool:
    """Whether a completion code other than success ends the tries of a request."""
    if _made_retryable(code):
        return False
    if code in _FINAL_CODES or 0x01 <= code <= 0xBE:
        return True
    if code == WRONG_STATE:
        return request.state_matters
    return code in UNSETTLED_CODES and not request.resend


def status_is_final(status: int) -> bool:
    """Whether an RMCP+ or RAKP status code other than success ends a login."""
    return status not in login.NOT_NOW_STATUSES and status <= _LAST_KNOWN_STATUS


def message_is_final(message: str) -> bool:
    """Whether a final answer, as it would be told, stays final in spite of ``additional_retryable_errors``."""
    return not any(
        more.lower() in message.lower() for more in CONF.ipmi.additional_retryable_errors if more
    )


def _made_retryable(code: int) -> bool:
    return any(
        more.lower() in (f"0x{code:02x}", f"{code:02x}")
        for more in CONF.ipmi.additional_retryable_errors
    )


class Tries:
    """The tries of one command, with the pauses between them.

    :param deadline: ``time.monotonic()`` value after which there is none.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.made = 0
        self._begun = time.monotonic()
        self._pause = FIRST_PAUSE
        self._shortened = False

    def again(self) -> bool:
        """Count a try that failed, and pause; False, without a pause, when there is no time for another one."""
        self.made += 1
        left = self.deadline - time.monotonic()
        if left <= self._pause:
            return False
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return True

    def end_within(self, seconds: float) -> None:
        """Give up so many seconds from now at the latest; only the first call counts."""
        if not self._shortened:
            self.deadline = min(self.deadline, time.monotonic() + seconds)
            self._shortened = True

    @property
    def told(self) -> str:
        """How often and how long it was tried, for the message that says so; empty after a single try."""
        if not self.made:
            return ""
        return f" Tried {self.made + 1} times in {time.monotonic() - self._begun:.0f} s."


def problem_of(silent: errors.NoAnswer) -> str:
    """What is known about a BMC that gave no answer, and nothing else."""
    if silent.phase in errors.LOGIN_STAGES:
        return (
            f"it answered, but fell silent at {errors.LOGIN_STAGES[silent.phase]} of the login. "
            "Its own log may tell why."
        )
    if silent.phase == "ESTABLISHED":
        return f"it fell silent in the middle of a session ({silent})."
    return (
        f"{silent}. Check ipmi_address and ipmi_port, that IPMI over LAN is enabled, "
        "and that the network lets UDP through."
    )
