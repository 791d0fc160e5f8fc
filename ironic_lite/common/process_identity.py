# SPDX-License-Identifier: Apache-2.0
"""Names for lives of processes, and whether such a life has certainly ended.

A name holds the machine's boot, the process namespace, the process id and the moment the process started. Another
process of the same machine and namespace can look all of that up in ``/proc``; from elsewhere nothing can be told.
"""

import enum
import os
import uuid
from pathlib import Path

_PROC = Path("/proc")
_START_TIME = 19
"""Index of the start time among the fields that follow the command in /proc/PID/stat, see proc(5)."""


class Life(enum.Enum):
    """What is known about a process."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


def _place() -> str | None:
    """This boot of this machine, and the namespace in which process ids count."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """When the process started, in ticks since boot; None when there is no such process, or only its zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[_START_TIME]


def new() -> str:
    """A name for the life of this process; a new one at every call."""
    place = _place()
    known = f"{place}/{os.getpid()}/{_started(os.getpid())}" if place else "?"
    return f"{known}/{uuid.uuid4()}"


def look_up(name: str) -> Life:
    """Whether the process that ``new`` named is still there."""
    place = _place()
    parts = name.split("/")
    if place is None or len(parts) != 5 or "/".join(parts[:2]) != place or not parts[2].isdigit():
        return Life.UNKNOWN
    return Life.ALIVE if _started(int(parts[2])) == parts[3] else Life.DEAD
