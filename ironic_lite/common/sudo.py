# SPDX-License-Identifier: Apache-2.0
"""The user who called ``sudo``: what root does for a person belongs to that person."""

import os
import pwd


def caller() -> pwd.struct_passwd | None:
    """Return who called sudo to start this process; None if nobody did, or root.

    :raises KeyError: there is no such user any more.
    """
    number = os.environ.get("SUDO_UID", "")
    if not number.isdecimal() or int(number) == 0:
        return None
    return pwd.getpwuid(int(number))
