# SPDX-License-Identifier: Apache-2.0
"""The retry policy for all answers of a BMC, and for a BMC that does not answer.

A command is tried again until ``[ipmi] command_retry_timeout`` seconds have passed, unless the answer is final. An
answer is final if the same request would get it again: a wrong password or user, too low a privilege, an unknown
command or wrong data. Everything else is temporary: no answer, a refused connection, no free session, a BMC that is
busy, starts, updates itself or cannot say what it did. ``[ipmi] additional_retryable_errors`` makes more answers
temporary.

A request that must not be executed twice is not sent again once the BMC may have executed it.
"""

import time

from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import errors, login, wire

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 3.0
"""Seconds before the second attempt, and at most between two attempts; the pause doubles each time."""

WRONG_STATE = 0xD5
"""Completion code "not supported in present state": the state is reached already, or cannot be reached yet."""

# Completion codes of IPMI 2.0 table 5-2 that the same request would get again. Codes from 0x80 to 0xBE (specific to a
# command) and from 0x01 to 0x7E (specific to a vendor) count as final too.
_FINAL_CODES = frozenset(
    (
        0xC1,  # invalid command
        0xC2,  # invalid command for this LUN
        0xC5,  # reservation cancelled: the caller must make a new one
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
"""Completion codes that do not say whether the BMC has executed the request."""

# The last defined RMCP+ status code (table 13-15). An undefined code is not final.
_LAST_KNOWN_STATUS = 0x12


def code_is_final(code: int, request: wire.Request) -> bool:
    """Tell whether a completion code other than success ends the attempts of a request."""
    if _made_retryable(code):
        return False
    if code in _FINAL_CODES or 0x01 <= code <= 0xBE:
        return True
    if code == WRONG_STATE:
        return request.state_matters
    return code in UNSETTLED_CODES and not request.resend


def status_is_final(status: int) -> bool:
    """Tell whether an RMCP+ or RAKP status code other than success ends a login."""
    return status not in login.NOT_NOW_STATUSES and status <= _LAST_KNOWN_STATUS


def message_is_final(message: str) -> bool:
    """Tell whether ``additional_retryable_errors`` leaves a final error, given by its message, final."""
    return not any(
        more.lower() in message.lower() for more in CONF.ipmi.additional_retryable_errors if more
    )


def _made_retryable(code: int) -> bool:
    return any(
        more.lower() in (f"0x{code:02x}", f"{code:02x}")
        for more in CONF.ipmi.additional_retryable_errors
    )


class Tries:
    """The attempts of one command, with the pauses between them.

    :param deadline: ``time.monotonic()`` value after which there are no more attempts.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.made = 0
        self._begun = time.monotonic()
        self._pause = FIRST_PAUSE
        self._shortened = False

    def again(self) -> bool:
        """Count a failed attempt, and pause; return False without a pause when there is no time for another."""
        self.made += 1
        left = self.deadline - time.monotonic()
        if left <= self._pause:
            return False
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return True

    def end_within(self, seconds: float) -> None:
        """Set the deadline to at most ``seconds`` from now; only the first call counts."""
        if not self._shortened:
            self.deadline = min(self.deadline, time.monotonic() + seconds)
            self._shortened = True

    @property
    def summary(self) -> str:
        """Return the number of attempts and their time, for a message; empty after a single attempt."""
        if not self.made:
            return ""
        return f" Tried {self.made + 1} times in {time.monotonic() - self._begun:.0f} s."


def problem_of(silent: errors.NoAnswer) -> str:
    """Describe a BMC that did not answer, without guessing."""
    if silent.phase in errors.LOGIN_STAGES:
        return (
            f"it stopped answering at {errors.LOGIN_STAGES[silent.phase]} of the login. "
            "See the BMC's own log."
        )
    if silent.phase == "ESTABLISHED":
        return f"it stopped answering in the middle of a session ({silent})."
    return (
        f"{silent}. Check ipmi_address and ipmi_port, that IPMI over LAN is enabled, "
        "and that the network lets UDP through."
    )
