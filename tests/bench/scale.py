# SPDX-License-Identifier: Apache-2.0
"""A cluster with many nodes: `python -m tests.bench.scale [--nodes 200,1000,2000] [--database postgresql]`.

Three conductors and an API run as separate processes, with RabbitMQ. For each size, that many fake-hardware nodes go
through their lifecycle with automated cleaning, all nodes through each phase before the next. The cost of a node must
be the same at each size. The table also has processor time and statements per node, because they do not depend on the
other load of the machine.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import functools
import os
import pathlib
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from tests.bench import lifecycle
from tests.bench.client import Client, RequestError
from tests.functional.deployment import Deployment
from tests.functional.servers import mariadb, postgresql, rabbitmq
from tests.functional.servers.process import ServerFailed

HOSTS = ("c1", "c2", "c3")
DRIVERS = 24
"""Nodes driven at the same time; clients have a connection each."""

DATABASES = {
    "mariadb": mariadb.running,
    # Unlike in the tests, the tables change so often that they need vacuuming.
    "postgresql": functools.partial(
        postgresql.running, autovacuum="on", autovacuum_naptime="10s", shared_buffers="128MB"
    ),
}
_COUNTERS = {
    "mysql": "SHOW GLOBAL STATUS LIKE 'Questions'",
    "postgresql": "SELECT 'transactions', xact_commit FROM pg_stat_database WHERE datname = current_database()",
}

# The service's defaults for options that the tests set to shorter times and more logs.
OPTIONS = {
    "DEFAULT": {"debug": None, "hash_ring_reset_interval": None},
    "conductor": {"heartbeat_interval": None, "heartbeat_timeout": None},
}


@dataclasses.dataclass(frozen=True)
class Phase:
    """One phase of the lifecycle, for all nodes."""

    name: str
    seconds: float
    failures: list[RequestError]


def enrol(client: Client, node: str) -> None:
    """POST the node."""
    client.call("POST", "/v1/nodes", {"uuid": node, "driver": "fake-hardware", "name": f"n-{node}"})


def remove(client: Client, node: str) -> None:
    """DELETE the node."""
    client.call("DELETE", f"/v1/nodes/{node}")


def phases(port: int, nodes: int, drivers: int = DRIVERS) -> Iterator[Phase]:
    """Take nodes through enrolment, their whole lifecycle and removal; yields each phase when all nodes have ended it.

    Later phases leave out nodes that have failed.
    """
    alive = [str(uuid.uuid4()) for _ in range(nodes)]
    steps: list[tuple[str, Callable[[Client, str], None]]] = [("enrol", enrol)]
    for verb, state in lifecycle.LIFE:
        steps.append((verb, _mover(verb, state)))
    steps.append(("remove", remove))
    for name, step in steps:
        begun = time.perf_counter()
        failures = _all(port, step, alive, drivers)
        yield Phase(name, time.perf_counter() - begun, list(failures.values()))
        alive = [node for node in alive if node not in failures]


def _mover(verb: str, state: str) -> Callable[[Client, str], None]:
    return lambda client, node: lifecycle.move(client, node, verb, state)


def _all(
    port: int, step: Callable[[Client, str], None], nodes: list[str], drivers: int
) -> dict[str, RequestError]:
    """Run a step on all nodes, `drivers` nodes at a time; return the errors by node."""
    waiting, failures = iter(nodes), {}

    def drive() -> None:
        with Client(port) as client:
            for node in waiting:
                try:
                    step(client, node)
                except RequestError as exc:
                    failures[node] = exc

    with concurrent.futures.ThreadPoolExecutor(drivers) as pool:
        for future in [pool.submit(drive) for _ in range(drivers)]:
            future.result()
    return failures


class Cost:
    """The processor time and the statements that the cluster has used since this object was created."""

    def __init__(self, cloud: Deployment, servers: dict[str, int]) -> None:
        assert cloud.api is not None
        self._pids = {
            "api": [cloud.api.pid],
            "conductors": [],
            **{n: [p] for n, p in servers.items()},
        }
        self._pids["conductors"] = [each.pid for each in cloud.conductors.values()]
        self._database = sa.create_engine(cloud.database, poolclass=sa.pool.NullPool)
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        found = {name: sum(map(_cpu_seconds, pids)) for name, pids in self._pids.items()}
        statement = _COUNTERS[self._database.dialect.name]
        with self._database.connect() as connection:
            found["statements"] = float(connection.exec_driver_sql(statement).one()[1])
        return found

    def spent(self) -> dict[str, float]:
        """Return, by name: seconds of ``api``, ``conductors`` and the servers, and the number of ``statements``."""
        return {name: value - self._before[name] for name, value in self._now().items()}


def _cpu_seconds(pid: int) -> float:
    """Return the processor seconds of a process and of its children, including those that have ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        # The time of a child that has ended is part of its parent's.
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_seconds(int(child)) for child in children)


@dataclasses.dataclass(frozen=True)
class Size:
    """One size and its results."""

    nodes: int
    phases: list[Phase]
    spent: dict[str, float]

    @property
    def rate(self) -> float:
        """Whole lifecycles per second."""
        return self.nodes / sum(phase.seconds for phase in self.phases)

    @property
    def failures(self) -> list[RequestError]:
        """The errors of the nodes that failed."""
        return [failure for phase in self.phases for failure in phase.failures]

    def __str__(self) -> str:
        rates = "  ".join(f"{each.name} {self.nodes / each.seconds:5.0f}" for each in self.phases)
        return (
            f"{self.nodes:5} nodes: {self.rate:5.1f} lives/s ({rates} nodes/s)\n"
            f"             per node: {each(self.spent, self.nodes)}; failed: {len(self.failures)}"
        )


def each(spent: dict[str, float], number: int) -> str:
    """Return the cost per node as text, given the cost of ``number`` nodes."""
    costs = [
        f"{name} {1000 * value / number:.1f} ms"
        for name, value in spent.items()
        if name != "statements"
    ]
    # For PostgreSQL the number is that of transactions.
    return ", ".join([*costs, f"{spent['statements'] / number:.0f} statements"])


def compare(first: Size, last: Size) -> str:
    """Return as text how much more a node costs at the larger size, in time, processor time and statements."""

    def work(size: Size) -> float:
        return sum(v for name, v in size.spent.items() if name != "statements") / size.nodes

    statements = last.spent["statements"] * first.nodes / first.spent["statements"] / last.nodes
    return (
        f"a node among {last.nodes} against one among {first.nodes}: {first.rate / last.rate:.2f}x time, "
        f"{work(last) / work(first):.2f}x processor, {statements:.2f}x statements"
    )


@contextlib.contextmanager
def cluster(
    database: str, hosts: tuple[str, ...] = HOSTS
) -> Iterator[tuple[Deployment, dict[str, int]]]:
    """Run a cluster; yields it with the process ids of its servers."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="ironic-scale-"))
        data = stack.enter_context(DATABASES[database]())  # type: ignore[attr-defined]
        broker = stack.enter_context(rabbitmq.running())
        cloud = stack.enter_context(
            Deployment(pathlib.Path(home), data.create_database(), broker.create_vhost(), OPTIONS)
        )
        cloud.start_api()
        cloud.add_conductors(*hosts)
        yield cloud, {database: data.process.pid}


def main() -> int:
    """Measure every size; exit status 1 if a node failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    parser.add_argument("--nodes", default="200,1000,2000", help="sizes, smallest first")
    parser.add_argument("--database", choices=sorted(DATABASES), default="mariadb")
    parser.add_argument("--drivers", type=int, default=DRIVERS, help="nodes driven at once")
    args = parser.parse_args()
    sizes = []
    try:
        with cluster(args.database) as (cloud, servers):
            for nodes in map(int, args.nodes.split(",")):
                cost = Cost(cloud, servers)
                size = Size(nodes, list(phases(cloud.port, nodes, args.drivers)), cost.spent())
                print(size, *map(str, size.failures[:20]), sep="\n", flush=True)
                sizes.append(size)
    except ServerFailed as exc:
        print(f"benchmark stopped: {exc}", file=sys.stderr)
        return 1
    if len(sizes) > 1:
        print(compare(sizes[0], sizes[-1]))
    return 1 if any(size.failures for size in sizes) else 0


if __name__ == "__main__":
    sys.exit(main())
