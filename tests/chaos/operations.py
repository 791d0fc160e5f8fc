# SPDX-License-Identifier: Apache-2.0
"""What was asked of the cluster, and what became of it."""

import dataclasses
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind

Row = Mapping[str, Any]

# What a failure may be blamed on, by the fault of the hardware that was injected.
CAUSES: dict[str, re.Pattern[str]] = {
    "bmc": re.compile(r"BMC|IPMI|power state|\bpower\b", re.IGNORECASE),
    "agent": re.compile(r"agent|timed out|disk", re.IGNORECASE),
}
# What no operation may be blamed on.
NEVER = re.compile(
    r"conductor|database|broker|AMQP|MessagingTimeout|SQL|lock on node", re.IGNORECASE
)

TRANSIENT = frozenset(provision_states.names(Kind.WORKING, Kind.WAITING))


def at_rest(node: Row) -> bool:
    """Whether nothing goes on with a node."""
    return (
        node["provision_state"] not in TRANSIENT
        and node["reservation"] is None
        and node["target_power_state"] is None
    )


@dataclasses.dataclass
class Operation:
    """One request that the API accepted (``certain``), or may have accepted.

    :param goal: fields and values of the node that it aims at.
    :param before: provision state and ``last_error`` of the node before the request.
    :param accepted_at: when the answer came (monotonic); what was read before says nothing about it.
    :param hardware: the faults (keys of ``CAUSES``) that its server had meanwhile.
    :param disturbed: the faults of the cluster that were injected meanwhile.
    """

    node: str
    verb: str
    goal: dict[str, Any]
    certain: bool = True
    before: tuple[str, str | None] = ("", None)
    accepted_at: float = float("inf")
    began: float = dataclasses.field(default_factory=time.time)
    ended: float | None = None
    outcome: str | None = None
    detail: str = ""
    hardware: set[str] = dataclasses.field(default_factory=set)
    disturbed: list[str] = dataclasses.field(default_factory=list)

    @property
    def lost(self) -> bool:
        """Whether it ended without reaching its goal and without a fault of the hardware to blame."""
        return self.outcome == "lost"

    def reached(self, node: Row) -> bool:
        """Whether the node is where it was to go, and was not there before."""
        return node["provision_state"] != self.before[0] and self._is_there(node)

    def moved(self, node: Row) -> bool:
        """Whether something bad has come of a request whose answer nobody heard.

        Another request of this kind, an earlier one, may have taken the node elsewhere meanwhile.
        """
        return bool(node["last_error"]) and node["last_error"] != self.before[1]

    def _is_there(self, node: Row) -> bool:
        return all(node[field] == value for field, value in self.goal.items())

    def judge(self, node: Row) -> None:
        """The node is at rest: say how the operation ended."""
        if self._is_there(node) and not self._power_failed(node):
            self.end("goal")
            return
        error = node["last_error"] or ""
        blamed = any(CAUSES[fault].search(error) for fault in self.hardware)
        self.end(
            "reported" if blamed and not NEVER.search(error) else "lost",
            f"{node['provision_state']}, {node['power_state']}: {error or 'no last_error'}",
        )

    def _power_failed(self, node: Row) -> bool:
        """A reboot ends where it began, so the power state alone does not tell."""
        return "power_state" in self.goal and bool(node["last_error"])

    def end(self, outcome: str, detail: str = "") -> None:
        """It has ended so."""
        self.ended, self.outcome, self.detail = time.time(), outcome, detail

    def give_up(self, why: str) -> None:
        """It has not ended in time."""
        self.end("lost", why)


class Ledger:
    """All operations. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.all: list[Operation] = []
        self._open: dict[str, Operation] = {}
        self._hardware: dict[str, set[str]] = {}
        self.refused: dict[str, int] = {}

    def open(self, operation: Operation) -> None:
        """Take an operation down."""
        with self._lock:
            operation.hardware |= self._hardware.get(operation.node, set())
            self.all.append(operation)
            self._open[operation.node] = operation

    def of(self, node: str) -> Operation | None:
        """What goes on with a node."""
        with self._lock:
            return self._open.get(node)

    def close(self, operation: Operation) -> None:
        """It has ended."""
        with self._lock:
            if self._open.get(operation.node) is operation:
                del self._open[operation.node]

    def forget(self, operation: Operation) -> None:
        """The API had not accepted it after all."""
        self.close(operation)
        with self._lock:
            self.all.remove(operation)

    def refusal(self, what: str) -> None:
        """Count an answer that was no acceptance."""
        with self._lock:
            self.refused[what] = self.refused.get(what, 0) + 1

    def in_flight(self) -> list[Operation]:
        """What has begun and not ended."""
        with self._lock:
            return list(self._open.values())

    def disturb(self, fault: str, nodes: set[str] | None = None) -> int:
        """A fault is injected: mark what is in flight (on these nodes, or on all), and count it."""
        with self._lock:
            hit = [o for o in self._open.values() if nodes is None or o.node in nodes]
            for operation in hit:
                operation.disturbed.append(fault)
            return len(hit)

    def break_hardware(self, node: str, fault: str) -> None:
        """From now on the node's server has this kind of fault."""
        with self._lock:
            self._hardware.setdefault(node, set()).add(fault)
            if node in self._open:
                self._open[node].hardware.add(fault)

    def mend_hardware(self, node: str) -> None:
        """The node's server is healthy from now on; what has begun may still fail by what was."""
        with self._lock:
            self._hardware.pop(node, None)
