# SPDX-License-Identifier: Apache-2.0
"""The memory of a service: of all processes of its session, from the kernel."""

from __future__ import annotations

import dataclasses
import os
import pathlib


@dataclasses.dataclass(frozen=True)
class Memory:
    """RSS counts a shared page in every process; PSS divides it among the processes."""

    processes: int
    rss_mib: float
    pss_mib: float


def measure(session: int) -> Memory:
    """Return the memory of all processes of a session, given the pid of its leader."""
    count = rss = pss = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getsid(int(entry.name)) != session:
                continue
            fields = dict(
                line.split(":", 1) for line in (entry / "smaps_rollup").read_text().splitlines()[1:]
            )
        except (ProcessLookupError, FileNotFoundError):
            continue
        count += 1
        rss += int(fields["Rss"].split()[0])
        pss += int(fields["Pss"].split()[0])
    return Memory(count, rss / 1024, pss / 1024)
