# SPDX-License-Identifier: Apache-2.0
"""The load: tenants and operators take every node through its lifecycle again and again during all faults."""

import contextlib
import random
import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import requests

from ironic_lite.common import states
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.chaos import lifecycle, tenants
from tests.chaos.client import Client
from tests.chaos.clock import Clock
from tests.chaos.cluster import Cluster
from tests.chaos.concurrent_requests import ConcurrentRequests
from tests.chaos.enrolment import Enrolment
from tests.chaos.longest_durations import Watch
from tests.chaos.operations import TRANSIENT, Ledger, Operation, at_rest

POLL_INTERVAL = 0.25

# Errors of requests that were valid for the state in which the node was seen last.
BY_STATE = re.compile(r"can not be performed on node|No valid conductor was found")

FIELDS = (
    "uuid,name,driver,provision_state,target_provision_state,power_state,target_power_state,reservation,last_error,"
    "maintenance,fault,deploy_step,clean_step,service_step,conductor,instance_uuid"
)


class Load:
    """Keeps the servers of a rack and some nodes of fake hardware busy until it is stopped.

    :param patience: seconds of a working cluster after which a lock or transient state without progress is stuck.
    """

    def __init__(
        self, cluster: Cluster, rack: VirtualRack, ledger: Ledger, patience: float, seed: int = 1
    ) -> None:
        self.ledger = ledger
        self.node_of: dict[str, str] = {}  # server name -> node UUID
        self.index_of: dict[str, int] = {}  # node UUID -> place in the rack
        self.nodes: dict[str, dict[str, Any]] = {}
        self.watch = Watch(patience)
        self.clock = Clock()
        self.client = Client(lambda: cluster.api_url)
        self.concurrent = ConcurrentRequests(ledger)
        self._rack = rack
        self._enrolment = Enrolment(cluster, rack)
        self._tenants = tenants.Tenants(self.client, ledger, self.concurrent, patience)
        self._random = random.Random(seed)
        self.senseless: list[str] = []  # requests that were refused as invalid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    # For scenarios

    def enrol(self, fakes: int) -> None:
        """Create the nodes; ``fakes`` is the number of nodes of fake hardware."""
        for status in self._rack.statuses():
            node = self._enrolment.enrol(status["index"], name=status["name"])
            self.node_of[status["name"]] = node
            self.index_of[node] = status["index"]
        for number in range(fakes):
            self._enrolment.enrol_fake(f"fake-{number}")

    def start(self) -> None:
        """Start the load in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the load at once."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(120)
        self.concurrent.stop()

    def settled(self) -> bool:
        """Whether no operation is in flight and no request is under way."""
        return not self.concurrent and not self.ledger.in_flight()

    @contextlib.contextmanager
    def unhealthy(self, node: str, kind: str | None) -> Iterator[int]:
        """Record meanwhile that the node's server has a fault; yields its place in the rack.

        :param kind: a key of ``operations.CAUSES``; None: a fault because of which no operation may fail.
        """
        if kind:
            self.ledger.break_hardware(node, kind)
        try:
            yield self.index_of[node]
        finally:
            self._rack.clear_faults(self.index_of[node])
            self.ledger.mend_hardware(node)

    def misassigned(self) -> list[str]:
        """Return the nodes and allocations that disagree. No operation may be in flight."""
        nodes = self.client.list("nodes", "uuid,instance_uuid")
        allocations = self.client.list("allocations", tenants.FIELDS)
        if nodes is None or allocations is None:
            return ["the API does not list nodes and allocations"]
        return tenants.misassigned(nodes, allocations)

    # The loop

    def _run(self) -> None:
        while not self._stop.wait(POLL_INTERVAL):
            began = time.monotonic()
            nodes = self.client.list("nodes", FIELDS)
            allocations = self.client.list("allocations", tenants.FIELDS)
            self.clock.tick(nodes is not None)
            try:
                for node in nodes or ():
                    self.nodes[node["uuid"]] = node
                    self._watch(node)
                    self._look_at(node, began)
                if allocations is not None:
                    self._tenants.look(allocations, began, self.clock)
            except BaseException as exc:
                self.concurrent.trouble.append(exc)
                raise

    def _watch(self, node: dict[str, Any]) -> None:
        stuck = self.watch.look(node, self.clock.now)
        operation = self.ledger.of(node["uuid"])
        if stuck and operation is not None:
            operation.give_up(f"stuck: {stuck}")
            self.ledger.close(operation)

    def _look_at(self, node: dict[str, Any], read_at: float) -> None:
        uuid = node["uuid"]
        if uuid in self.concurrent:
            return
        operation = self.ledger.of(uuid)
        if operation is None:
            if node["provision_state"] in TRANSIENT:
                # A request without a clear answer was carried out.
                target = node["target_provision_state"] or states.ACTIVE
                self.ledger.open(
                    Operation(uuid, "echo", {"provision_state": target}, accepted_at=read_at)
                )
            elif at_rest(node) and not self.clock.draining:
                self._begin(node)
            return
        if not at_rest(node) or read_at < operation.accepted_at:
            return
        if operation.certain or operation.reached(node) or operation.moved(node):
            operation.judge(node)
        elif self.clock.is_past_doubt(operation.accepted_at):
            self.ledger.forget(operation)
            return
        else:
            return
        self.ledger.close(operation)

    def _begin(self, node: dict[str, Any]) -> None:
        uuid = node["uuid"]
        if node["fault"] == "power failure":
            return  # the conductor ends it once the BMC answers
        if node["maintenance"]:
            end = partial(self.client.request, "DELETE", f"/v1/nodes/{uuid}/maintenance")
            self.concurrent.begin(uuid, end)
            return
        choices = lifecycle.choices(node["provision_state"], node["driver"])
        verb, goal, _ = self._random.choices(choices, [c[2] for c in choices])[0]
        operation = Operation(uuid, verb, goal, certain=False)
        operation.before = (node["provision_state"], node["last_error"])
        self.ledger.open(operation)
        self.concurrent.begin(uuid, partial(self._carry_out, operation, node))

    def _carry_out(self, operation: Operation, node: dict[str, Any]) -> None:
        """Send the request, and record whether the API accepted it."""
        try:
            answer = self._send(operation, node)
        finally:
            operation.accepted_at = time.monotonic()
        if answer is None:
            self.ledger.forget(operation)
            return
        if answer.status_code == requests.codes.accepted:
            operation.certain = True
            return
        self.ledger.refusal(f"{answer.status_code} to {operation.verb}")
        if answer.status_code == requests.codes.service_unavailable:
            return  # the API may still have accepted it
        self.ledger.forget(operation)
        if answer.status_code != requests.codes.conflict and not BY_STATE.search(answer.text):
            self.senseless.append(
                f"{operation.verb} in {node['provision_state']}: {answer.status_code} {answer.text}"
            )

    def _send(self, operation: Operation, node: dict[str, Any]) -> requests.Response | None:
        """Send the request; return None, without sending it, if its preparation failed."""
        verb, path = operation.verb, f"/v1/nodes/{operation.node}"
        if verb in lifecycle.TAKES_IMAGE:
            patched = self.client.request("PATCH", path, self._enrolment.instance())
            if not patched.ok:
                return None
        below, body = lifecycle.request(verb, node["name"], node["driver"])
        return self.client.request("PUT", f"{path}/{below}", body)
