# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a deadline: how tests wait, instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def wait_for(
    check: Callable[[], Answer],
    what: str,
    timeout: float = 30.0,
    interval: float = 0.02,
    describe: Callable[[], object] | None = None,
) -> Answer:
    """Call `check` until it returns something true, and return that.

    `timeout` and `interval` are seconds. Raises AssertionError naming `what`, with the last answer (or what
    `describe` returns), once the deadline has passed. An exception of `check` ends the wait.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            state = answer if describe is None else describe()
            raise AssertionError(f"waited {timeout:g} s in vain for {what}; last seen: {state!r}")
        time.sleep(interval)
