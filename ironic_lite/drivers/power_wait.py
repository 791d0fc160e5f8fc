# SPDX-License-Identifier: Apache-2.0
"""Change the power state and wait for it; used by all interfaces that change power."""

import dataclasses
import time
from collections.abc import Callable

from oslo_log import log

from ironic_lite.common import exception, states

LOG = log.getLogger(__name__)

FIRST_POLL = 0.1
SLOWEST_POLL = 2.0
"""Seconds between two polls of a changing power state: the first pause, and the longest after doubling."""

FIRST_REPEAT = 2.0
SLOWEST_REPEAT = 15.0
"""Seconds until a request without effect is sent again: the first pause, and the longest after doubling. BMCs lose a
power on that comes too soon after a power off, and operating systems a power button pressed while they start."""

_ADVICE = dict.fromkeys(
    (states.SOFT_POWER_OFF, states.SOFT_REBOOT),
    " The operating system may ignore the power button: use a hard power off, or a longer timeout.",
)


class Polling:
    """Polling of a changing state, for a limited time.

    :param seconds: time limit, counted from now.
    :param first: seconds between the first two polls; each pause is twice as long as the one before.
    :param slowest: seconds of the longest pause.
    """

    def __init__(self, seconds: float, first: float = FIRST_POLL, slowest: float = SLOWEST_POLL):
        self._deadline = time.monotonic() + seconds
        self._first, self._slowest = first, slowest
        self._pause = first

    @property
    def left(self) -> float:
        """The seconds left; not positive when the time is over."""
        return self._deadline - time.monotonic()

    def pause(self) -> None:
        """Sleep until the next poll."""
        time.sleep(max(0.0, min(self._pause, self.left)))
        self._pause = min(2 * self._pause, self._slowest)

    def hurry(self) -> None:
        """Begin with the shortest pause again."""
        self._pause = self._first


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of power.

    :param asked: the target that the client named, for messages.
    :param on: the power state to reach.
    :param request: sends the request once. Returns a problem that may be temporary, for the message if the state is not
        reached; empty without one. Raises when a retry is useless.
    :param is_on: reads the power state; None while the hardware does not know it.
    :param silent: exceptions of ``is_on`` that mean that the hardware does not answer, as may happen while power
        changes.
    :param hardware: names the BMC in the log.
    """

    asked: str
    on: bool
    request: Callable[[], str]
    is_on: Callable[[], bool | None]
    silent: type[Exception]
    hardware: str


def reach(change: Change, timeout: float) -> None:
    """Request a power state, poll it, and repeat the request, for ``timeout`` seconds.

    Only the server's power state counts, not the BMC's answer to the request.

    :raises PowerStateFailure: when the state is not reached in time.
    """
    polling = Polling(timeout)
    requests, trouble = 1, change.request()
    repeat = FIRST_REPEAT
    if change.asked in _ADVICE and not change.on and not trouble:
        # An operating system needs time to shut down.
        repeat = SLOWEST_REPEAT
    ask_at = time.monotonic() + repeat
    while True:
        silence = ""
        try:
            if change.is_on() is change.on:
                return
        except change.silent as silent:
            # A BMC that shares a network port with the server loses its link while power changes.
            silence = str(silent)
        if polling.left <= 0:
            raise _not_reached(change, timeout, requests, trouble, silence)
        if time.monotonic() >= ask_at:
            LOG.info(
                "BMC %s: the server is still %s; sending the request again",
                change.hardware,
                "off" if change.on else "on",
            )
            trouble = change.request()
            repeat = min(2 * repeat, SLOWEST_REPEAT)
            ask_at, requests = time.monotonic() + repeat, requests + 1
            polling.hurry()
        polling.pause()


def _not_reached(
    change: Change, timeout: float, requests: int, trouble: str, silence: str
) -> exception.PowerStateFailure:
    often = "" if requests == 1 else f" (asked {requests} times)"
    still = "off" if change.on else "on"
    what = (
        f"the server is still {still} {timeout:g} s after the request to its BMC{often}.{trouble}"
    )
    if silence:
        what = f"the BMC got the request{often}, but does not report the power state any more: {silence}"
    return exception.PowerStateFailure(
        f"Failed to set node power state to {change.asked}: {what}"
        + ("" if change.on else _ADVICE.get(change.asked, "")),
        pstate=change.asked,
    )
