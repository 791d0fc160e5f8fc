# SPDX-License-Identifier: Apache-2.0
"""A short time for retries of commands to BMCs, in tests that expect a failure."""

import contextlib

from tests.options import overridden


def short_retries(seconds: int = 2) -> contextlib.AbstractContextManager[None]:
    """For the length of the block, commands to BMCs are retried for so many seconds.

    Use it only where a failure is expected: a command that must succeed may need the default time on a busy machine.
    """
    return overridden({"ipmi": {"command_retry_timeout": seconds}})
