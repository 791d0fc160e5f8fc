# SPDX-License-Identifier: Apache-2.0
"""BMCs that are given up soon."""

import contextlib

from tests.options import overridden


def giving_up(seconds: int = 2) -> contextlib.AbstractContextManager[None]:
    """BMCs are given up after so many seconds, for as long as a failure is expected.

    What is to succeed has all the time of the default: a BMC on a busy machine may need it.
    """
    return overridden({"ipmi": {"command_retry_timeout": seconds}})
