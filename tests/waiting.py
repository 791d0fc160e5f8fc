# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a deadline: how tests wait, instead of sleeping.

A condition that comes true costs no more for a late deadline. So there is one patience, long enough for a machine whose
processors are kept busy by something else. Where that is not enough, ``IRONIC_LITE_PATIENCE`` in the environment is a
factor for all bounds. What asserts that something is quick takes `at_most`, or better a ratio within one run.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

FACTOR = "IRONIC_LITE_PATIENCE"


def factor() -> float:
    """How many times as patient as usual tests are, with what is slow on this machine."""
    return float(os.environ.get(FACTOR) or 1)


PATIENCE = 90.0 * factor()
"""Seconds that any condition may take to come true, an answer to come, a thread or a process to end."""


def at_most(seconds: float) -> float:
    """The bound, on a machine that is kept busy, of what takes at most so many seconds on an idle one."""
    return 3 * seconds * factor()


def patience(seconds: float) -> float:
    """How long to wait for what takes up to so many seconds on an idle machine."""
    return max(at_most(seconds), PATIENCE)


def least(measure: Callable[[], float], enough: float, times: int = 4) -> float:
    """The least of some measurements of a ratio; the first one that is at most `enough` ends them.

    Whatever else keeps the machine busy makes one ratio larger, and hardly all of them.
    """
    best = measure()
    for _ in range(times - 1):
        if best <= enough:
            break
        best = min(best, measure())
    return best


def wait_for(
    check: Callable[[], Answer],
    what: str,
    timeout: float = 30.0,
    interval: float = 0.02,
    describe: Callable[[], object] | None = None,
) -> Answer:
    """Call `check` until it returns something true, and return that.

    `timeout` is the seconds that it may take on an idle machine, and `interval` those between two calls. Raises
    AssertionError naming `what`, with the last answer (or what `describe` returns), once that and much more has
    passed: see `patience`. An exception of `check` ends the wait.
    """
    limit = patience(timeout)
    deadline = time.monotonic() + limit
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            state = answer if describe is None else describe()
            raise AssertionError(f"waited {limit:g} s in vain for {what}; last seen: {state!r}")
        time.sleep(interval)
