# SPDX-License-Identifier: Apache-2.0
"""Servers that do not exist may take their time: ``[fake] <interface>_delay``."""

import random
import time

from ironic_lite.conf import CONF


def pause(interface: str) -> None:
    """Take as long as an operation of this interface type is configured to take.

    :param interface: ``power``, ``deploy``, ...
    """
    delay = getattr(CONF.fake, f"{interface}_delay")
    if delay.most:
        # No secret hangs on it.
        time.sleep(random.triangular(delay.least, delay.most, delay.least))  # noqa: S311
