# SPDX-License-Identifier: Apache-2.0
"""Checks that one conductor at a time controls a server: compares the rack's journal with the locks of nodes.

Each conductor process has its own source address (see ``source_address``), which the rack's journal has for every
command to a BMC or an agent, and a log with the time of each lock. A command is an intrusion if the process that sent
it was not the last to lock the node.
"""

import bisect
import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ironic_lite_simulator.journal import Entry

LOG_FORMAT = "%(created).6f %(process)d %(levelname)s %(name)s %(message)s"
"""What conductors have to log with: the time of a line in microseconds."""

_LOCKED = re.compile(r"^(\d+\.\d+) \d+ \w+ \S+ Locked node (\S+) for (.+)$")

# Actions of the journal that change a server, by their source.
_WRITES = {"bmc": {"power", "boot-device"}, "agent": {"command-started"}}
_READS = re.compile(r"\.(get_\w+|collect_system_logs)$")


@dataclasses.dataclass(frozen=True, order=True)
class Lock:
    """A process locked a node."""

    time: float
    node: str
    process: str


@dataclasses.dataclass(frozen=True, order=True)
class Write:
    """A process sent a server a command that changes it."""

    time: float
    server: str
    process: str
    what: str


def locks(log: Path, process: str) -> list[Lock]:
    """Return the locks in a conductor's log.

    :param process: the source address of the process.
    """
    found = []
    with log.open(errors="replace") as lines:
        for line in lines:
            match = _LOCKED.match(line)
            if match:
                found.append(Lock(float(match[1]), match[2], process))
    return found


def writes(journal: Iterable[Entry]) -> list[Write]:
    """Return the commands in the rack's journal that change servers."""
    return [
        Write(
            entry.time,
            entry.server,
            str(entry.details["client"]).partition(":")[0],
            _what(entry.details) or entry.action,
        )
        for entry in journal
        if entry.action in _WRITES.get(entry.source, ()) and not _READS.search(_what(entry.details))
    ]


def _what(details: Mapping[str, Any]) -> str:
    return str(details.get("control") or details.get("command") or details.get("device") or "")


def intrusions(
    done: Iterable[Write], taken: Iterable[Lock], node_of: Mapping[str, str]
) -> list[str]:
    """Return the writes of processes that were not the last to lock the server's node, as text.

    :param node_of: server name -> node UUID.
    """
    history: dict[str, list[Lock]] = {}
    for lock in sorted(taken):
        history.setdefault(lock.node, []).append(lock)
    found = []
    for write in sorted(done):
        held = history.get(node_of[write.server], [])
        place = bisect.bisect_right([lock.time for lock in held], write.time)
        holder = held[place - 1].process if place else "nobody"
        if holder != write.process:
            found.append(
                f"{write.time:.3f} {write.server}: '{write.what}' from {write.process}, while {holder} had the lock"
            )
    return found
