# SPDX-License-Identifier: Apache-2.0
"""Tells systemd how the service is, as sd_notify(3) says: ready, alive (``WatchdogSec=``), stopping.

Without systemd, that is without ``NOTIFY_SOCKET``, nothing is told.
"""

import os
import socket

_ADDRESS, _WATCHDOG, _WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell(state: str) -> None:
    """Send a state; a manager that does not listen is no error."""
    address = os.environ.get(_ADDRESS)
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            channel.sendto(state.encode(), address)
    except OSError:
        return


def interval() -> float | None:
    """Return the seconds between two signs of life: half of what systemd waits for; None if it waits for none."""
    try:
        microseconds = int(os.environ.get(_WATCHDOG, ""))
        watched = int(os.environ.get(_WATCHED, os.getpid()))
    except ValueError:
        return None
    return microseconds / 2e6 if microseconds > 0 and watched == os.getpid() else None


def forget() -> None:
    """Tell nothing from this process on: systemd listens to its parent."""
    for name in (_ADDRESS, _WATCHDOG, _WATCHED):
        os.environ.pop(name, None)
