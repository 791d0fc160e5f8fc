# SPDX-License-Identifier: Apache-2.0
"""The operations that the load requested, and their outcomes."""

import dataclasses
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind

Row = Mapping[str, Any]

# The errors that an injected hardware fault may cause, by fault.
CAUSES: dict[str, re.Pattern[str]] = {
    "bmc": re.compile(r"BMC|IPMI|power state|\bpower\b", re.IGNORECASE),
    "agent": re.compile(r"agent|timed out|disk", re.IGNORECASE),
}
# Errors that are never accepted.
NEVER = re.compile(
    r"conductor|database|broker|AMQP|MessagingTimeout|SQL|lock on node", re.IGNORECASE
)

TRANSIENT = frozenset(provision_states.names(Kind.WORKING, Kind.WAITING))


def at_rest(node: Row) -> bool:
    """Whether no operation runs on a node."""
    return (
        node["provision_state"] not in TRANSIENT
        and node["reservation"] is None
        and node["target_power_state"] is None
    )


@dataclasses.dataclass
class Operation:
    """One request that the API accepted (``certain``), or may have accepted.

    :param goal: fields of the node and their values after success.
    :param before: provision state and ``last_error`` of the node before the request.
    :param accepted_at: when the answer came (monotonic); records that were read earlier do not show its effect.
    :param hardware: the faults (keys of ``CAUSES``) that its server had during the operation.
    :param disturbed: the faults of the cluster that were injected during the operation.
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
        """Whether it ended without success, and no hardware fault explains that."""
        return self.outcome == "lost"

    def reached(self, node: Row) -> bool:
        """Whether the node has reached the goal, and was in another state before."""
        return node["provision_state"] != self.before[0] and self._is_there(node)

    def moved(self, node: Row) -> bool:
        """Whether a request without an answer has failed with a new error.

        The provision state proves nothing, because an earlier request without an answer may have changed it.
        """
        return bool(node["last_error"]) and node["last_error"] != self.before[1]

    def _is_there(self, node: Row) -> bool:
        return all(node[field] == value for field, value in self.goal.items())

    def judge(self, node: Row) -> None:
        """End the operation with the outcome that a node at rest shows."""
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
        """Whether a power change failed. A reboot does not change the power state, so ``last_error`` decides."""
        return "power_state" in self.goal and bool(node["last_error"])

    def end(self, outcome: str, detail: str = "") -> None:
        """Record the outcome: ``goal``, ``reported`` or ``lost``."""
        self.ended, self.outcome, self.detail = time.time(), outcome, detail

    def give_up(self, why: str) -> None:
        """Record that the operation has not ended in time."""
        self.end("lost", why)


class Ledger:
    """All operations; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.all: list[Operation] = []
        self._open: dict[str, Operation] = {}
        self._hardware: dict[str, set[str]] = {}
        self.refused: dict[str, int] = {}

    def open(self, operation: Operation) -> None:
        """Record a new operation."""
        with self._lock:
            operation.hardware |= self._hardware.get(operation.node, set())
            self.all.append(operation)
            self._open[operation.node] = operation

    def of(self, node: str) -> Operation | None:
        """Return the open operation of a node, or None."""
        with self._lock:
            return self._open.get(node)

    def close(self, operation: Operation) -> None:
        """Record that an operation has ended."""
        with self._lock:
            if self._open.get(operation.node) is operation:
                del self._open[operation.node]

    def forget(self, operation: Operation) -> None:
        """Remove an operation that the API did not accept."""
        self.close(operation)
        with self._lock:
            self.all.remove(operation)

    def refusal(self, what: str) -> None:
        """Count a request that was not accepted."""
        with self._lock:
            self.refused[what] = self.refused.get(what, 0) + 1

    def in_flight(self) -> list[Operation]:
        """Return the operations that have not ended."""
        with self._lock:
            return list(self._open.values())

    def disturb(self, fault: str, nodes: set[str] | None = None) -> int:
        """Mark the operations in flight (on these nodes, or on all) with an injected fault; return their number."""
        with self._lock:
            hit = [o for o in self._open.values() if nodes is None or o.node in nodes]
            for operation in hit:
                operation.disturbed.append(fault)
            return len(hit)

    def break_hardware(self, node: str, fault: str) -> None:
        """Record that the node's server has this fault from now on."""
        with self._lock:
            self._hardware.setdefault(node, set()).add(fault)
            if node in self._open:
                self._open[node].hardware.add(fault)

    def mend_hardware(self, node: str) -> None:
        """Record that the node's server has no fault any more; operations in flight may still fail because of it."""
        with self._lock:
            self._hardware.pop(node, None)
