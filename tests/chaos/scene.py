# SPDX-License-Identifier: Apache-2.0
"""Everything that a fault may touch, and the table of what was injected."""

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
from tests.chaos import told, writers
from tests.chaos.cluster import Cluster
from tests.chaos.lifecycle import CHOICES
from tests.chaos.load import Load
from tests.chaos.operations import Ledger, Operation
from tests.chaos.watch import STEPS
from tests.functional.notifications import DURABLE, Listener
from tests.functional.servers.process import ServerProcess
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for

NOTIFYING = {"DEFAULT": {"notification_level": "info"}, **DURABLE}


class Database(Protocol):
    """A database server that can be taken away."""

    process: ServerProcess

    def create_database(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much of everything.

    :param slowness: how many times as long everything takes as on an idle machine.
    :param outage: seconds that the broker and the database are away.
    :param kills: conductors that are killed, at most, to meet every state and step.
    :param search: seconds to look for one of these.
    :param breath: seconds that the load goes on between two faults.
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
        """Seconds after which anything is late."""
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
        """Take down that a fault begins now, for what is in flight on these nodes or on all."""
        row = self.rows[fault]
        row.injected += 1
        row.in_flight += self.ledger.disturb(fault, nodes)

    def records(self) -> list[dict[str, Any]]:
        """The nodes as the database has them this moment."""
        columns = "uuid, provision_state, reservation, target_power_state, " + ", ".join(STEPS)
        with self.cluster.records.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT {columns} FROM nodes")).mappings().all()
        return [dict(row) for row in rows]

    def searches(self) -> list[dict[str, Any]]:
        """Names of the allocations that a node is looked for, and the conductors that do."""
        looking = (
            "SELECT allocations.name AS name, conductors.hostname AS conductor FROM allocations "
            "JOIN conductors ON conductors.id = allocations.conductor_affinity WHERE state = 'allocating'"
        )
        with self.cluster.records.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(looking)).mappings()]

    def breathe(self) -> None:
        """Let the load go on for a while."""
        time.sleep(self.scale.breath)

    def wait(self, check: Callable[[], Any], what: str) -> Any:
        """Wait for something that a healthy cluster does soon."""
        return wait_for(check, what, self.scale.patience, interval=0.1, describe=self.cluster.logs)

    def all_alive(self) -> None:
        """Wait until the API calls every running conductor alive."""
        self.wait(
            lambda: self.cluster.alive_or_nobody() == set(self.cluster.running()),
            "every conductor to be alive",
        )

    def works(self) -> None:
        """Wait until operations reach their goal again that have begun after now."""
        since = time.time()

        def reached() -> bool:
            return any(
                o.outcome == "goal" and o.began > since for o in list(self.ledger.all)[-200:]
            )

        self.wait(reached, "an operation to reach its goal")

    def busiest(self) -> str:
        """The conductor that holds the most locks now, once one holds any."""

        def holders() -> list[tuple[str, int]]:
            held = collections.Counter(row["reservation"] for row in self.records())
            del held[None]
            return [(host, n) for host, n in held.most_common() if host in self.cluster.running()]

        return str(self.wait(holders, "a conductor to be at work")[0][0])

    def held_by(self, host: str) -> set[str]:
        """Nodes that carry this conductor's lock."""
        return {row["uuid"] for row in self.records() if row["reservation"] == host}

    # The verdict

    def keep_journal(self, path: Path) -> None:
        """Write down what the rack saw, one JSON object per line."""
        with path.open("w") as file:
            for entry in self.rack.journal():
                file.write(json.dumps(entry.as_dict(), default=str) + "\n")

    def settle(self) -> None:
        """Begin nothing new, and wait until everything has ended; what does not is lost."""
        self.load.clock.draining = True
        with contextlib.suppress(AssertionError):
            wait_for(self.load.settled, "everything to end", 2 * self.scale.patience, interval=0.2)
        for operation in self.ledger.in_flight():
            operation.give_up(f"never ended, last seen {self.load.nodes.get(operation.node)}")
        self.load.stop()
        self.misassigned = self.load.misassigned()

    def lost(self) -> list[Operation]:
        """What ended badly without a fault of the hardware to blame."""
        return [operation for operation in self.ledger.all if operation.lost]

    def never_reached(self) -> set[str]:
        """Verbs whose goal no server has reached."""
        done = {
            o.verb for o in self.ledger.all if o.node in self.load.index_of and o.outcome == "goal"
        }
        return {choice[0] for state in CHOICES.values() for choice in state} - done

    def untold(self) -> list[str]:
        """Moves of nodes that no notification tells of, once all that waited were sent."""
        with contextlib.suppress(AssertionError):
            self.wait(lambda: not self._waiting_to_be_sent(), "the notifications to be sent")
        states_now = {uuid: n["provision_state"] for uuid, n in self.load.nodes.items()}
        return told.gaps(self.listener.received(), states_now)

    def _waiting_to_be_sent(self) -> int:
        with self.cluster.records.connect() as connection:
            return int(
                connection.execute(sa.text("SELECT COUNT(*) FROM notifications")).scalar_one()
            )

    def intrusions(self) -> list[str]:
        """Commands to servers from conductors that did not have the lock."""
        done = writers.writes(self.rack.journal())
        return writers.intrusions(done, self.cluster.locks(), self.load.node_of)

    def violations(self) -> list[str]:
        """Everything that must not have happened."""
        names = {node: name for name, node in self.load.node_of.items()}
        found = [
            f"lost: {o.verb} of {names.get(o.node, o.node)} ({o.node}) during {o.disturbed or 'no fault'}, "
            f"hardware {sorted(o.hardware)}: {o.detail}"
            for o in self.lost()
        ]
        found += [f"two writers: {text}" for text in self.intrusions()]
        found += [f"not told: {text}" for text in self.untold()]
        found += [f"stuck: {text}" for text in self.load.watch.stuck]
        found += [f"misassigned: {text}" for text in self.misassigned]
        found += [f"answered: {text}" for text in self.load.client.errors]
        found += [f"senseless: {text}" for text in self.load.senseless]
        found += [f"the test itself: {error!r}" for error in self.load.asking.trouble]
        return found

    def table(self) -> str:
        """Fault, times injected, operations in flight at that moment, operations lost."""
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
    """Name of the step that a node's record shows, empty without one."""
    for field in STEPS:
        step = row[field]
        if isinstance(step, str):
            step = json.loads(step)
        if step:
            return str(step["step"])
    return ""


def point_of(row: dict[str, Any]) -> str | None:
    """Where a node is on its way, in words; None for one at rest."""
    state = row["provision_state"]
    if provision_states.is_working(state) or provision_states.is_waiting(state):
        step = step_of(row)
        return f"{state}, {step}" if step else str(state)
    return "power change" if row["target_power_state"] and row["reservation"] else None


@contextlib.contextmanager
def staged(
    directory: Path, database: Database, broker: RabbitMQ, scale: Scale, seed: int = 1
) -> Iterator[Scene]:
    """A running cluster under load."""
    # The script that DHCP hands out asks again for five minutes, which an outage of a minute has to fit into.
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
