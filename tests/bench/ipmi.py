# SPDX-License-Identifier: Apache-2.0
"""Sweeps over the power states of many BMCs: `python -m tests.bench.ipmi [--bmcs 200] [--dead 5 30]`.

The driver's sessions, cold and warm, are compared with `ipmitool` as upstream calls it, one process per query. Both
have the same number of workers and the same patience with dead BMCs, which are spread evenly. The simulated BMCs run
in a process of their own. A calm sweep ends when all BMCs are read; one with dead BMCs when all live ones are read.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import multiprocessing
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import commands, driver_info, sessions
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.bench.report import Line, render
from tests.options import overridden

_START_S = 120.0
_PASSWORD = "password"

Query = Callable[[driver_info.ConnectionInfo], bool]
"""Read one BMC; False if it did not answer."""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Seconds until the last live BMC was read, processor seconds of ourselves and children, and who was read."""

    seconds: float
    processor: float
    read: int


def _serve(pipe: Connection, count: int) -> None:
    """Run a rack until the pipe is closed. A set of indexes on the pipe names the BMCs that are silent from now on."""
    silent: set[int] = set()
    with VirtualRack(count=count) as rack:
        pipe.send([rack.bmc_port(index) for index in range(count)])
        with contextlib.suppress(EOFError):
            while True:
                wanted = pipe.recv()
                for index in silent - wanted:
                    rack.clear_faults(index)
                for index in wanted - silent:
                    rack.set_faults(index, bmc_silent=True)
                silent = wanted
                pipe.send(len(silent))


class Fleet:
    """Simulated BMCs in another process."""

    def __init__(self, pipe: Connection, count: int):
        self._pipe = pipe
        self.bmcs = [
            driver_info.ConnectionInfo("127.0.0.1", port, "admin", _PASSWORD)
            for port in self._answer()
        ]
        assert len(self.bmcs) == count
        self.dead: frozenset[int] = frozenset()

    def kill(self, percent: int) -> None:
        """Make so many percent of the BMCs silent, and the others healthy."""
        dead = len(self.bmcs) * percent // 100
        self.dead = frozenset(index * len(self.bmcs) // dead for index in range(dead))
        self._pipe.send(set(self.dead))
        self._answer()

    def _answer(self) -> list[int]:
        if not self._pipe.poll(_START_S):
            raise TimeoutError(f"The simulated BMCs did not answer within {_START_S:.0f} s.")
        answer: list[int] = self._pipe.recv()
        return answer


@contextlib.contextmanager
def simulated(count: int) -> Iterator[Fleet]:
    """Run so many simulated BMCs in another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, count), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Fleet(ours, count)
    finally:
        ours.close()
        process.join(_START_S)


def ask_session(info: driver_info.ConnectionInfo) -> bool:
    """Read one BMC over a session of the driver."""
    try:
        return commands.power_is_on(info) is not None
    except exception.IPMIUnreachable:
        return False


def _ask_ipmitool(password_file: pathlib.Path, patience: int) -> Query:
    def ask(info: driver_info.ConnectionInfo) -> bool:
        arguments = ["ipmitool", "-I", "lanplus", "-H", info.address, "-p", str(info.port)]
        arguments += ["-U", info.username, "-f", str(password_file), "-C", "17", "-L"]
        arguments += [info.privilege, "-R", "1", "-N", str(patience), "power", "status"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            ran = subprocess.run(arguments, capture_output=True, check=False, timeout=patience)
            return ran.returncode == 0
        return False

    return ask


def _processor() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def sweep(fleet: Fleet, ask: Query, workers: int) -> Sweep:
    """Read all BMCs in the order of their ports, as power sync does."""
    begun, busy = time.monotonic(), _processor()
    last = begun
    read = 0

    def one(index: int) -> tuple[int, bool, float]:
        answered = ask(fleet.bmcs[index])
        return index, answered, time.monotonic()

    with ThreadPoolExecutor(workers) as pool:
        for index, answered, at in pool.map(one, range(len(fleet.bmcs))):
            if index in fleet.dead:
                continue
            read += answered
            last = max(last, at)
    return Sweep(last - begun, _processor() - busy, read)


def _resident() -> float:
    """The resident memory of this process in KiB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def _sockets() -> int:
    links = pathlib.Path("/proc/self/fd").iterdir()
    return sum(1 for link in links if link.is_symlink() and "socket:" in _target(link))


def _target(link: pathlib.Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return str(link.readlink())
    return ""


def _measure(
    fleet: Fleet, ask: Query, workers: int, rounds: int, percents: Sequence[int]
) -> list[str]:
    """Measure and return the table, the notes, and what was not read."""
    count = len(fleet.bmcs)
    notes: list[str] = []
    missed: list[str] = []
    cold = (Line("cold sweep", "s", False), Line("cold, processor per query", "ms", False))
    warm = (Line("warm sweep", "s", False), Line("warm, processor per query", "ms", False))
    lines = [*cold, *warm]

    def note(what: str, of: Sweep, alive: int) -> Sweep:
        if of.read != alive:
            missed.append(f"MISSED: {what}: {alive - of.read} live BMCs were not read")
        return of

    for _ in range(rounds):
        sessions.close_all()
        resident, sockets = _resident(), _sockets()
        first = note("cold", sweep(fleet, ask_session, workers), count)
        grown, opened = _resident() - resident, _sockets() - sockets
        if not notes:
            notes.append(
                f"resident memory per BMC, threads included: {grown / count:.1f} KiB; sockets: {opened}"
            )
        second = note("warm", sweep(fleet, ask_session, workers), count)
        theirs = note("ipmitool", sweep(fleet, ask, workers), count)
        for pair, mine in ((cold, first), (warm, second)):
            pair[0].ours.append(mine.seconds)
            pair[0].peers.append(theirs.seconds)
            pair[1].ours.append(mine.processor * 1000 / count)
            pair[1].peers.append(theirs.processor * 1000 / count)
    for percent in percents:
        fleet.kill(percent)
        alive = count - len(fleet.dead)
        line = Line(f"cold, {percent} % dead, last live one", "s", False)
        sessions.close_all()
        line.ours.append(note(line.name, sweep(fleet, ask_session, workers), alive).seconds)
        line.peers.append(note(line.name, sweep(fleet, ask, workers), alive).seconds)
        lines.append(line)
        times = line.ours[0] / min(cold[0].ours)
        notes.append(f"{percent} % dead: the last live BMC is read after {times:.1f} times calm")
    return [render(lines, "sessions", "ipmitool"), *notes, *missed]


def main() -> int:
    """Measure and print; exit status 1 if a live BMC was not read."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ipmi", description=__doc__)
    parser.add_argument("--bmcs", type=int, default=200)
    parser.add_argument("--dead", type=int, nargs="*", default=[5, 30], help="percent of BMCs")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--patience", type=int, default=3, help="seconds for a dead BMC")
    args = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="ironic-ipmi-") as directory:
        password_file = pathlib.Path(directory) / "password"
        password_file.write_text(_PASSWORD)
        ask = _ask_ipmitool(password_file, args.patience)
        options = {"ipmi": {"command_retry_timeout": args.patience, "session_idle_timeout": 600}}
        with simulated(args.bmcs) as fleet, overridden(options):
            print(
                f"{args.bmcs} simulated BMCs, {args.workers} workers, {args.patience} s for a dead BMC; "
                f"load average of {os.cpu_count()} processors before: {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            text = _measure(fleet, ask, args.workers, args.rounds, args.dead)
    sessions.close_all()
    print("\n".join(text))
    return 1 if any(line.startswith("MISSED") for line in text) else 0


if __name__ == "__main__":
    sys.exit(main())
