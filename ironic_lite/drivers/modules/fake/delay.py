# SPDX-License-Identifier: Apache-2.0
"""Delays of the fake hardware: ``[fake] <interface>_delay``."""

import random
import time

from ironic_lite.conf import CONF


def pause(interface: str) -> None:
    """Sleep for the configured time of this interface type.

    :param interface: ``power``, ``deploy``, ...
    """
    delay = getattr(CONF.fake, f"{interface}_delay")
    if delay.most:
        # A delay needs no secure random number.
        time.sleep(random.triangular(delay.least, delay.most, delay.least))  # noqa: S311
