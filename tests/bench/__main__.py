# SPDX-License-Identifier: Apache-2.0
"""Measure ironic_lite and upstream ironic side by side: `python -m tests.bench [--quick]`.

With `--against CHECKOUT`, the same lines compare this checkout of ironic_lite with another one, for example of an
older commit.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import pathlib
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import Callable

from tests.bench import fleet, lifecycle, lite, memory, peer
from tests.bench.client import MICROVERSION, Client, RequestError, encode, saturate
from tests.bench.floor import Floor
from tests.bench.report import Line, render
from tests.bench.server import HOST, Launch, Server, ServerError, free_port

SYNC_POWER_STATE_INTERVAL_S = 60
LINE_BUDGET_S = 25
"""A line gets no further round after this time: a loaded machine makes fewer rounds, not a longer run."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The number of nodes, requests and rounds to measure."""

    slow_rounds: int
    nodes: int
    rounds: int
    requests: int
    listings: int
    clients: int
    load_s: float
    lives: int
    drivers: int
    power_cycles: int
    fleet: int


FULL = Plan(3, 1000, 5, 40, 2, 8, 2.0, 20, 8, 5, 20_000)
QUICK = Plan(1, 250, 2, 20, 2, 8, 1.0, 10, 8, 3, 20_000)
PAGE = 1000
FLOOR_ROUNDS = 15
FLOOR_LIMIT = 2.5
WORKERS = 2


class Bench:
    """Both services, and the lines measured so far."""

    def __init__(self, plan: Plan, ours: Server, theirs: Server) -> None:
        self.plan = plan
        self.servers = (ours, theirs)
        self.nodes: dict[Server, list[str]] = {ours: [], theirs: []}
        self.lines: list[Line] = []
        self.failures: list[str] = []
        self.notes: list[str] = []

    def line(
        self,
        name: str,
        unit: str,
        measure: Callable[[Server], list[float]],
        rounds: int,
        *,
        higher_is_better: bool = False,
        all_rounds: bool = False,
    ) -> None:
        """Measure both services in turns, so that other load of the machine affects both."""
        line = Line(name, unit, higher_is_better)
        print(f"  {name} ...", file=sys.stderr, flush=True)
        deadline = time.monotonic() + LINE_BUDGET_S
        for number in range(rounds):
            if number and not all_rounds and time.monotonic() > deadline:
                break
            for server, samples in zip(self.servers, (line.ours, line.peers), strict=True):
                samples.extend(measure(server))
        self.lines.append(line)

    def latency(self, name: str, path: Callable[[Server], str], requests: int) -> None:
        """Measure the milliseconds of a GET on a keep-alive connection."""

        def measure(server: Server) -> list[float]:
            request = encode("GET", path(server))
            with Client(server.launch.port) as client:
                client.timed(request)
                return [client.timed(request) * 1000 for _ in range(requests)]

        self.line(name, "ms", measure, self.plan.rounds)

    def start(self, server: Server) -> list[float]:
        """Start a service on its empty schema, and leave it running; return the seconds."""
        server.stop()
        server.start()
        return [server.first_answer_s]

    def memory(self, when: str) -> None:
        """Measure the resident memory of all processes of each service."""
        found = {server: memory.measure(server.pid) for server in self.servers}
        counts = "+".join(str(found[server].processes) for server in self.servers)
        self.line(f"RSS {when} ({counts} processes)", "MiB", lambda s: [found[s].rss_mib], 1)
        self.line(f"PSS {when}", "MiB", lambda s: [found[s].pss_mib], 1)

    def create(self, server: Server) -> list[float]:
        """Create this round's share of the nodes one after the other; return nodes per second."""
        share = self.plan.nodes // self.plan.rounds
        spent = 0.0
        with Client(server.launch.port) as client:
            for _ in range(share):
                node = str(uuid.uuid4())
                number = len(self.nodes[server])
                spent += client.timed(encode("POST", "/v1/nodes", _node(node, number)))
                self.nodes[server].append(node)
        return [share / spent]

    def patch(self, server: Server) -> list[float]:
        """Change `extra` of one node again and again; return milliseconds."""
        path = f"/v1/nodes/{self.nodes[server][0]}"
        with Client(server.launch.port) as client:
            return [
                client.timed(
                    encode("PATCH", path, [{"op": "add", "path": "/extra/n", "value": value}])
                )
                * 1000
                for value in range(self.plan.requests)
            ]

    def concurrent_shows(self, server: Server) -> list[float]:
        """Show many nodes from several clients at once; return replies per second."""
        requests = [encode("GET", f"/v1/nodes/{node}") for node in self.nodes[server][:100]]
        port = server.launch.port
        return [saturate(port, requests, self.plan.clients, self.plan.load_s)]

    def concurrent_shows_of_workers(self, server: Server) -> list[float]:
        """Do the same, with an API of two processes beside ironic_lite; return replies per second."""
        if not server.launch.has_api_workers:
            return self.concurrent_shows(server)
        launch = lite.prepare_workers(server.launch, free_port(), WORKERS)
        with contextlib.closing(Server(launch)) as workers:
            workers.start()
            requests = [encode("GET", f"/v1/nodes/{node}") for node in self.nodes[server][:100]]
            return [saturate(launch.port, requests, self.plan.clients, self.plan.load_s)]

    def fleet(self) -> None:
        """Measure pages of a large fleet: the first, the last, and the first compared with the floor."""
        plan, total = self.plan, self.plan.fleet
        print(f"  filling up to {total} nodes ...", file=sys.stderr, flush=True)
        behind: dict[Server, str] = {}
        for server in self.servers:
            fleet.fill(server.launch.database, self.nodes[server][0], total)
            marker = fleet.marker_of_last_page(server.launch.database, PAGE)
            behind[server] = f"&marker={marker}"
        for name, path in (("list", "/v1/nodes"), ("detail", "/v1/nodes/detail")):
            first = f"{path}?limit={PAGE}"
            self.latency(f"{name} of {PAGE}, first of {total}", lambda _, p=first: p, plan.listings)
            self.latency(
                f"{name} of {PAGE}, last of {total}",
                lambda s, p=first: p + behind[s],
                plan.listings,
            )
        self.note_floor()

    def note_floor(self) -> None:
        """Compare a page of ironic_lite's details with its floor, in turns; the best time of each counts."""
        server = self.servers[0]
        floor = Floor(server.launch.database, server.launch.port)
        request = encode("GET", f"/v1/nodes/detail?limit={PAGE}")
        page, least = [], []
        with Client(server.launch.port) as client:
            client.timed(request)
            for _ in range(FLOOR_ROUNDS):
                page.append(client.timed(request) * 1000)
                least += floor.measure(PAGE, 1)
        ratio = min(page) / min(least)
        self.notes.append(
            f"detail of {PAGE} nodes against its floor (the rows read by sqlite3, encoded by orjson): {ratio:.2f}x "
            f"(best of {FLOOR_ROUNDS}: {min(page):.1f} ms, {min(least):.1f} ms); at most {FLOOR_LIMIT}"
            + ("" if ratio <= FLOOR_LIMIT else "  MISSED")
        )

    def power(self, server: Server) -> list[float]:
        """Power one node on and off; return the milliseconds of both together."""
        node = self.nodes[server][1]
        with Client(server.launch.port) as client:
            return [
                lifecycle.power_cycle(client, node) * 1000 for _ in range(self.plan.power_cycles)
            ]

    def lives(self, server: Server) -> list[float]:
        """Take nodes through their whole lifecycle, several at once; return nodes per second."""
        port = server.launch.port
        rate, failures = lifecycle.life_rate(port, self.plan.lives, self.plan.drivers)
        self.failures += [f"{server.launch.name}: a life ended early: {exc}" for exc in failures]
        return [rate]

    def check_equal_work(self) -> None:
        """Raise RequestError unless both services list the same number of nodes in full."""
        for path in ("/v1/nodes?limit=1000", "/v1/nodes/detail?limit=1000"):
            for server in self.servers:
                with Client(server.launch.port) as client:
                    found = len(client.call("GET", path)["nodes"])
                if found != len(self.nodes[server]):
                    raise RequestError(f"{server.launch.name} {path}: {found} nodes")

    def run(self) -> None:
        """Measure every line."""
        plan = self.plan
        self.line("start to first answer", "s", self.start, plan.slow_rounds)
        self.memory("idle")
        self.latency("GET /v1", lambda _server: "/v1", plan.requests)
        self.line(
            "create, 1 client",
            "nodes/s",
            self.create,
            plan.rounds,
            higher_is_better=True,
            all_rounds=True,
        )
        self.check_equal_work()
        count = len(self.nodes[self.servers[0]])
        self.latency("show a node", lambda s: f"/v1/nodes/{self.nodes[s][0]}", plan.requests)
        self.latency(f"list {count} nodes", lambda _: "/v1/nodes?limit=1000", plan.listings)
        self.latency(
            f"detail of {count} nodes", lambda _: "/v1/nodes/detail?limit=1000", plan.listings
        )
        self.line(
            f"shows, {plan.clients} clients",
            "1/s",
            self.concurrent_shows,
            plan.rounds,
            higher_is_better=True,
        )
        self.line(
            f"shows, {plan.clients} clients, {WORKERS} workers",
            "1/s",
            self.concurrent_shows_of_workers,
            plan.rounds,
            higher_is_better=True,
        )
        self.line("PATCH a node", "ms", self.patch, plan.rounds)
        self.line("power on and off", "ms", self.power, plan.rounds)
        self.line(
            f"whole life, {plan.drivers} at once",
            "nodes/s",
            self.lives,
            plan.slow_rounds,
            higher_is_better=True,
        )
        self.memory("after load")
        self.fleet()


def _node(node: str, number: int) -> dict[str, object]:
    """Return a node as an operator would enrol it."""
    return {
        "uuid": node,
        "name": f"bench-{number}",
        "driver": "fake-hardware",
        "driver_info": {"ipmi_address": "192.0.2.1", "ipmi_username": "u", "ipmi_password": "p"},
        "properties": {"cpus": 8, "memory_mb": 16384, "local_gb": 100, "cpu_arch": "x86_64"},
        "resource_class": "baremetal",
    }


def _conditions(plan: Plan) -> str:
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {HOST}, same directory tree. Both: "
        f"SQLite file, noauth, fake-hardware alone with the fake interfaces, noop network, automated cleaning on, "
        f"power sync every {SYNC_POWER_STATE_INTERVAL_S} s, log to a file at the default level, default "
        f"threads and workers, RPC within the process, microversion {MICROVERSION}, the same client. Measured in "
        f"turns, up to {plan.rounds} rounds; median (min-max)."
    )


def _other(args: argparse.Namespace, home: pathlib.Path) -> tuple[Launch, str]:
    """Prepare what ironic_lite is compared with; return how to start it, and its name and version."""
    if args.against:
        launch = lite.prepare(
            home,
            free_port(),
            peer.FAKE_INTERFACES,
            SYNC_POWER_STATE_INTERVAL_S,
            lite.program_of(args.against),
        )
        return launch, f"ironic_lite in {args.against}"
    bindir = peer.install(args.peer_venv)
    launch = peer.prepare(
        bindir, home, free_port(), sync_power_state_interval=SYNC_POWER_STATE_INTERVAL_S
    )
    return launch, f"ironic {peer.version(bindir)}"


def main() -> int:
    """Run the benchmark and print the table; exit status 1 if a measurement of a service failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer nodes and rounds")
    parser.add_argument("--peer-venv", type=pathlib.Path, default=peer.DEFAULT_VENV)
    parser.add_argument(
        "--against",
        type=pathlib.Path,
        metavar="CHECKOUT",
        help="compare with the ironic_lite of this directory, which has its own .venv, instead of upstream",
    )
    args = parser.parse_args()
    plan = QUICK if args.quick else FULL
    with contextlib.ExitStack() as stack:
        homes = pathlib.Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="ironic-bench-"))
        )
        for name in ("ours", "peer"):
            (homes / name).mkdir()
        try:
            theirs, name = _other(args, homes / "peer")
            ours = lite.prepare(
                homes / "ours", free_port(), peer.FAKE_INTERFACES, SYNC_POWER_STATE_INTERVAL_S
            )
            bench = Bench(
                plan,
                stack.enter_context(contextlib.closing(Server(ours))),
                stack.enter_context(contextlib.closing(Server(theirs))),
            )
            bench.run()
        except (ServerError, RequestError) as exc:
            print(f"benchmark stopped: {exc}", file=sys.stderr)
            return 1
    print(_conditions(plan), end="\n\n")
    print(render(bench.lines, "ironic_lite", name))
    print("\n".join(["", *bench.notes]))
    print("\n".join(["", *bench.failures]) if bench.failures else "\nEvery operation succeeded.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
