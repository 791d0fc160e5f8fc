# SPDX-License-Identifier: Apache-2.0
"""Unique names of processes, and a check whether such a process has certainly ended.

A name holds the machine's boot id, the process namespace, the process id and the start time of the process. A process
on the same machine and namespace can check these in ``/proc``; from elsewhere nothing is known.
"""

import enum
import os
import uuid
from pathlib import Path

_PROC = Path("/proc")
_START_TIME = 19
"""Index of the start time among the fields that follow the command in /proc/PID/stat, see proc(5)."""


class Life(enum.Enum):
    """Whether a process lives, as far as known."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


def _place() -> str | None:
    """Return the boot id of this machine and the namespace of its process ids."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """Return the start time of a process in ticks since boot; None when it does not exist or is a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[_START_TIME]


def new() -> str:
    """Return a new unique name of this process; each call returns another one."""
    place = _place()
    known = f"{place}/{os.getpid()}/{_started(os.getpid())}" if place else "?"
    return f"{known}/{uuid.uuid4()}"


def look_up(name: str) -> Life:
    """Return whether the process with a name from ``new`` still lives."""
    place = _place()
    parts = name.split("/")
    if place is None or len(parts) != 5 or "/".join(parts[:2]) != place or not parts[2].isdigit():
        return Life.UNKNOWN
    return Life.ALIVE if _started(int(parts[2])) == parts[3] else Life.DEAD
