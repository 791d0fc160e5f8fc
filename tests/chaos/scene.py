# SPDX-License-Identifier: Apache-2.0
"""The scene of a run: the cluster with its servers and load, and the table of injected faults."""

import collections
import contextlib
import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from ironic_lite.common.operations import provision_states
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.chaos import exclusive_control, notification_chain
from tests.chaos.cluster import Cluster
from tests.chaos.lifecycle import CHOICES
from tests.chaos.load import Load
from tests.chaos.longest_durations import STEPS
from tests.chaos.operations import Ledger, Operation
from tests.functional.notifications import DURABLE, Listener
from tests.functional.servers.process import ServerProcess
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for

NOTIFYING = {"DEFAULT": {"notification_level": "info"}, **DURABLE}


class Database(Protocol):
    """A database server that the test can stop."""

    process: ServerProcess

    def create_database(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclasses.dataclass(frozen=True)
class Scale:
    """The size of a run.

    :param slowness: factor of all durations, relative to an idle machine.
    :param outage: seconds for which the broker and the database are stopped.
    :param kills: maximum number of conductors to kill, to meet every state and step.
    :param search: seconds to search for a state or step.
    :param breath: seconds of load between two faults.
    """

    servers: int = 30
    fakes: int = 8
    slowness: float = 1.0
    outage: float = 8
    kills: int = 7
    search: float = 25
    breath: float = 1

    @property
    def patience(self) -> float:
        """Seconds to wait for anything before it counts as stuck or lost."""
        return 75 * self.slowness


@dataclasses.dataclass
class Row:
    """A line of the table."""

    injected: int = 0
    in_flight: int = 0


class Scene:
    """A cluster under load."""

    def __init__(
        self,
        cluster: Cluster,
        rack: VirtualRack,
        load: Load,
        database: Database,
        broker: RabbitMQ,
        listener: Listener,
        scale: Scale,
    ) -> None:
        self.listener = listener
        self.cluster = cluster
        self.rack = rack
        self.load = load
        self.database = database
        self.broker = broker
        self.scale = scale
        self.ledger: Ledger = load.ledger
        self.rows: dict[str, Row] = collections.defaultdict(Row)
        self.misassigned: list[str] = []

    def injected(self, fault: str, nodes: set[str] | None = None) -> None:
        """Record that a fault begins, for the operations in flight on these nodes or on all."""
        row = self.rows[fault]
        row.injected += 1
        row.in_flight += self.ledger.disturb(fault, nodes)

    def records(self) -> list[dict[str, Any]]:
        """Return the nodes from the database."""
        columns = "uuid, provision_state, reservation, target_power_state, " + ", ".join(STEPS)
        with self.cluster.records.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT {columns} FROM nodes")).mappings().all()
        return [dict(row) for row in rows]

    def searches(self) -> list[dict[str, Any]]:
        """Return the names of the allocations in search of a node, with their conductors."""
        looking = (
            "SELECT allocations.name AS name, conductors.hostname AS conductor FROM allocations "
            "JOIN conductors ON conductors.id = allocations.conductor_affinity WHERE state = 'allocating'"
        )
        with self.cluster.records.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(looking)).mappings()]

    def breathe(self) -> None:
        """Let the load run for ``scale.breath`` seconds."""
        time.sleep(self.scale.breath)

    def wait(self, check: Callable[[], Any], what: str) -> Any:
        """Wait until ``check`` returns a true value, and return it; a working cluster gets there soon."""
        return wait_for(check, what, self.scale.patience, interval=0.1, describe=self.cluster.logs)

    def all_alive(self) -> None:
        """Wait until the API shows every running conductor as alive."""
        self.wait(
            lambda: self.cluster.alive_or_nobody() == set(self.cluster.running()),
            "every conductor to be alive",
        )

    def works(self) -> None:
        """Wait until operations that begin after this call succeed."""
        since = time.time()

        def reached() -> bool:
            return any(
                o.outcome == "goal" and o.began > since for o in list(self.ledger.all)[-200:]
            )

        self.wait(reached, "an operation to reach its goal")

    def busiest(self) -> str:
        """Wait until a conductor holds a lock, and return the conductor with the most."""

        def holders() -> list[tuple[str, int]]:
            held = collections.Counter(row["reservation"] for row in self.records())
            del held[None]
            return [(host, n) for host, n in held.most_common() if host in self.cluster.running()]

        return str(self.wait(holders, "a conductor to be at work")[0][0])

    def held_by(self, host: str) -> set[str]:
        """Return the nodes that this conductor has locked."""
        return {row["uuid"] for row in self.records() if row["reservation"] == host}

    # The verdict

    def keep_journal(self, path: Path) -> None:
        """Write the rack's journal into a file, one JSON object per line."""
        with path.open("w") as file:
            for entry in self.rack.journal():
                file.write(json.dumps(entry.as_dict(), default=str) + "\n")

    def settle(self) -> None:
        """Begin no more operations, and wait until all have ended; those that do not end are lost."""
        self.load.clock.draining = True
        with contextlib.suppress(AssertionError):
            wait_for(self.load.settled, "everything to end", 2 * self.scale.patience, interval=0.2)
        for operation in self.ledger.in_flight():
            operation.give_up(f"never ended, last seen {self.load.nodes.get(operation.node)}")
        self.load.stop()
        self.misassigned = self.load.misassigned()

    def lost(self) -> list[Operation]:
        """Return the operations that ended without success, and without a hardware fault that explains it."""
        return [operation for operation in self.ledger.all if operation.lost]

    def never_reached(self) -> set[str]:
        """Return the verbs that succeeded on no server."""
        done = {
            o.verb for o in self.ledger.all if o.node in self.load.index_of and o.outcome == "goal"
        }
        return {choice[0] for state in CHOICES.values() for choice in state} - done

    def missing_notifications(self) -> list[str]:
        """Return the changes of provision states without a notification, after all notifications were sent."""
        with contextlib.suppress(AssertionError):
            self.wait(lambda: not self._waiting_to_be_sent(), "the notifications to be sent")
        states_now = {uuid: n["provision_state"] for uuid, n in self.load.nodes.items()}
        return notification_chain.gaps(self.listener.received(), states_now)

    def _waiting_to_be_sent(self) -> int:
        with self.cluster.records.connect() as connection:
            return int(
                connection.execute(sa.text("SELECT COUNT(*) FROM notifications")).scalar_one()
            )

    def intrusions(self) -> list[str]:
        """Return the commands to servers from conductors that did not hold the lock."""
        done = exclusive_control.writes(self.rack.journal())
        return exclusive_control.intrusions(done, self.cluster.locks(), self.load.node_of)

    def violations(self) -> list[str]:
        """Return all violations of the invariants, as text."""
        names = {node: name for name, node in self.load.node_of.items()}
        found = [
            f"lost: {o.verb} of {names.get(o.node, o.node)} ({o.node}) during {o.disturbed or 'no fault'}, "
            f"hardware {sorted(o.hardware)}: {o.detail}"
            for o in self.lost()
        ]
        found += [f"two writers: {text}" for text in self.intrusions()]
        found += [f"notification missing: {text}" for text in self.missing_notifications()]
        found += [f"stuck: {text}" for text in self.load.watch.stuck]
        found += [f"misassigned: {text}" for text in self.misassigned]
        found += [f"answered: {text}" for text in self.load.client.errors]
        found += [f"senseless: {text}" for text in self.load.senseless]
        found += [f"the test itself: {error!r}" for error in self.load.concurrent.trouble]
        return found

    def table(self) -> str:
        """Return the table: fault, number of injections, operations in flight then, operations lost."""
        lost = collections.Counter(
            fault for operation in self.lost() for fault in set(operation.disturbed)
        )
        lines = ["| fault | injected | in flight | lost |", "|---|---:|---:|---:|"]
        for fault, row in self.rows.items():
            lines.append(f"| {fault} | {row.injected} | {row.in_flight} | {lost[fault]} |")
        ended = collections.Counter(o.outcome for o in self.ledger.all)
        lines += [
            "",
            f"{len(self.ledger.all)} operations: {ended['goal']} reached their goal, {ended['reported']} failed by a "
            f"fault of their server and said so, {ended['none free']} asked for a node when none was free, "
            f"{len(self.lost())} lost.",
            "",
            "Asked for: "
            + ", ".join(
                f"{verb} {n}"
                for verb, n in collections.Counter(o.verb for o in self.ledger.all).most_common()
            )
            + ".",
        ]
        return "\n".join(lines)


def step_of(row: dict[str, Any]) -> str:
    """Return the name of the current step in a node's record, or an empty text."""
    for field in STEPS:
        step = row[field]
        if isinstance(step, str):
            step = json.loads(step)
        if step:
            return str(step["step"])
    return ""


def point_of(row: dict[str, Any]) -> str | None:
    """Return the point (state and step) of a node, as in ``kills.POINTS``; None for a node at rest."""
    state = row["provision_state"]
    if provision_states.is_working(state) or provision_states.is_waiting(state):
        step = step_of(row)
        return f"{state}, {step}" if step else str(state)
    return "power change" if row["target_power_state"] and row["reservation"] else None


@contextlib.contextmanager
def staged(
    directory: Path, database: Database, broker: RabbitMQ, scale: Scale, seed: int = 1
) -> Iterator[Scene]:
    """Run a cluster under load; yields its scene."""
    # iPXE's entry script retries for five minutes, which must be longer than an outage.
    attempts = int(max(scale.patience, 5 * scale.outage))
    with VirtualRack(count=scale.servers, timing=Timing(), boot_attempts=attempts) as rack:
        vhost = broker.create_vhost()
        listener = Listener(vhost)
        url = database.create_database()
        cluster = Cluster(directory, url, vhost, scale.slowness, options=NOTIFYING)
        load = Load(cluster, rack, Ledger(), scale.patience, seed)
        try:
            cluster.start()
            rack.set_boot_url(cluster.api_url)
            load.enrol(scale.fakes)
            load.start()
            yield Scene(cluster, rack, load, database, broker, listener, scale)
        finally:
            load.stop()
            cluster.close()
