# SPDX-License-Identifier: Apache-2.0
"""Tenants who allocate any node of a resource class, keep it for a while, and delete the allocation, repeatedly."""

import re
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import requests

from tests.chaos.client import Client
from tests.chaos.clock import Clock
from tests.chaos.concurrent_requests import ConcurrentRequests
from tests.chaos.enrolment import RESOURCE_CLASS
from tests.chaos.operations import Ledger, Operation

TENANTS = 4
FIELDS = "uuid,name,state,node_uuid,last_error"

# Accepted errors of allocations, because all nodes may be in use.
NONE_FREE = re.compile(r"no available node|took all nodes that fit|locked by other operations")

Allocation = Mapping[str, Any]


class Tenants:
    """Tenants with one allocation each at a time. The ledger has operations on allocations under the allocation's name.

    :param patience: seconds of the load's clock after which an unfinished allocation is stuck.
    """

    def __init__(
        self, client: Client, ledger: Ledger, concurrent: ConcurrentRequests, patience: float
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._concurrent = concurrent
        self._patience = patience
        self._rounds = [0] * TENANTS
        self._begun: dict[str, float] = {}

    def look(self, listed: Iterable[Allocation], read_at: float, clock: Clock) -> None:
        """Take the next step with each tenant's allocation.

        :param read_at: when ``listed`` was requested (monotonic).
        """
        shown = {allocation["name"]: allocation for allocation in listed}
        for tenant, number in enumerate(self._rounds):
            name = f"tenant-{tenant}-{number}"
            if name in self._concurrent:
                continue
            allocation, operation = shown.get(name), self._ledger.of(name)
            if operation is not None:
                if read_at >= operation.accepted_at:
                    self._follow(operation, allocation, clock)
            elif allocation is not None:
                self._concurrent.begin(name, partial(self._give_back, name))
            elif not clock.draining:
                self._rounds[tenant] += 1
                self._ask(f"tenant-{tenant}-{self._rounds[tenant]}", clock)

    def _ask(self, name: str, clock: Clock) -> None:
        self._begun[name] = clock.now
        operation = Operation(name, "allocate", {"state": "active"}, certain=False)
        self._ledger.open(operation)
        self._concurrent.begin(name, partial(self._send, operation))

    def _send(self, operation: Operation) -> None:
        body = {"name": operation.node, "resource_class": RESOURCE_CLASS}
        try:
            answer = self._client.request("POST", "/v1/allocations", body)
        finally:
            operation.accepted_at = time.monotonic()
        if answer.status_code == requests.codes.created:
            operation.certain = True
        elif answer.status_code != requests.codes.service_unavailable:
            self._ledger.refusal(f"{answer.status_code} to allocate: {answer.text[:300]}")
            self._ledger.forget(operation)

    def _follow(self, operation: Operation, allocation: Allocation | None, clock: Clock) -> None:
        if allocation is None and not operation.certain:
            if clock.is_past_doubt(operation.accepted_at):
                self._ledger.forget(operation)
            return
        if allocation is None:
            # The allocation got a node, whose instance was removed before this poll, and the allocation with it.
            operation.end("goal")
        elif allocation["state"] == "active":
            operation.end("goal" if allocation["node_uuid"] else "lost", "active without a node")
        elif allocation["state"] == "error":
            reason = allocation["last_error"] or "no last_error"
            operation.end("none free" if NONE_FREE.search(reason) else "lost", reason)
        elif clock.now - self._begun[operation.node] > self._patience:
            operation.give_up(f"no answer for {self._patience:g} s: {allocation}")
        else:
            return
        self._ledger.close(operation)

    def _give_back(self, name: str) -> None:
        answer = self._client.request("DELETE", f"/v1/allocations/{name}")
        # 409: the node has an instance; its removal deletes the allocation.
        self._ledger.refusal(f"{answer.status_code} to giving back")


def misassigned(nodes: Iterable[Mapping[str, Any]], allocations: Iterable[Allocation]) -> list[str]:
    """Return the nodes and allocations of which one refers to the other, but not the other to it."""
    by_node = {(node["uuid"], node["instance_uuid"]) for node in nodes if node["instance_uuid"]}
    by_allocation = {(a["node_uuid"], a["uuid"]) for a in allocations if a["node_uuid"]}
    return [
        f"node {node} and allocation {allocation} do not belong to each other"
        for node, allocation in sorted(by_node ^ by_allocation)
    ]
