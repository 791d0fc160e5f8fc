# SPDX-License-Identifier: Apache-2.0
"""Stops a process where it is."""

import os
import signal
from pathlib import Path

from tests.waiting import wait_for


def freeze(pid: int) -> None:
    """Send SIGSTOP and wait until every thread has stopped. On a busy machine one may run on for a moment."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: _states(pid) <= {"T"}, f"process {pid} to stop", interval=0.002)


def _states(pid: int) -> set[str]:
    """Return the states of a process's threads, as in proc_pid_stat(5)."""
    found = set()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            stat = (thread / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The name before the state may hold anything, also brackets.
        found.add(stat.rpartition(")")[2].split()[0])
    return found
