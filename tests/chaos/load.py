# SPDX-License-Identifier: Apache-2.0
"""Tenants and operators: they take every node through its lifecycle, over and over, whatever happens to the cluster."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from ironic_lite.common import states
from ironic_lite.simulator import images
from ironic_lite.simulator.virtual_rack import VirtualRack
from tests.chaos.cluster import Cluster
from tests.chaos.operations import TRANSIENT, Ledger, Operation, at_rest
from tests.chaos.watch import Watch

POLL_INTERVAL = 0.25
CLIENTS = 6
# Seconds after which a request that got no clear answer, and has moved nothing, counts as not accepted.
DOUBT = 20.0

FIELDS = (
    "uuid,name,driver,provision_state,target_provision_state,power_state,target_power_state,reservation,last_error,"
    "maintenance,fault,deploy_step,clean_step,service_step,conductor"
)

Verb = tuple[str, dict[str, Any]]  # what is asked for, and the goal

_BURN_IN = {"service_steps": [{"interface": "deploy", "step": "burnin_cpu"}]}
_POWER_ON = {"power_state": states.POWER_ON}


def _to(state: str) -> dict[str, Any]:
    return {"provision_state": state}


# What may be asked for in each state where a node rests, with weights.
CHOICES: dict[str, list[tuple[str, dict[str, Any], int]]] = {
    "enroll": [("manage", _to("manageable"), 1)],
    "manageable": [
        ("provide", _to("available"), 3),
        ("inspect", _to("manageable"), 2),
        ("adopt", _to("active"), 1),
    ],
    "available": [("active", _to("active"), 4), ("manage", _to("manageable"), 1)],
    "active": [
        ("deleted", _to("available"), 3),
        ("rebuild", _to("active"), 1),
        ("service", _to("active"), 1),
        ("rescue", _to("rescue"), 1),
        ("rebooting", _POWER_ON, 1),
        ("power off", {"power_state": states.POWER_OFF}, 1),
        ("power on", _POWER_ON, 1),
    ],
    "rescue": [("unrescue", _to("active"), 3), ("deleted", _to("available"), 1)],
    "deploy failed": [("deleted", _to("available"), 1)],
    "error": [("deleted", _to("available"), 1)],
    "clean failed": [("manage", _to("manageable"), 1)],
    "inspect failed": [("manage", _to("manageable"), 1)],
    "adopt failed": [("manage", _to("manageable"), 1)],
    "service failed": [("deleted", _to("available"), 1)],
    "rescue failed": [("deleted", _to("available"), 1)],
    "unrescue failed": [("deleted", _to("available"), 1)],
}
_POWER_VERBS = {"rebooting", "power off", "power on"}


class Enrolment:
    """Creates nodes for the servers of a rack."""

    def __init__(self, cluster: Cluster, rack: VirtualRack) -> None:
        self._cluster = cluster
        self._rack = rack

    def enrol(self, place: int, **fields: object) -> str:
        """A node, with its port, for the server at this place; returns its UUID."""
        status, options = self._rack.status(place), self._rack.options
        node = self._cluster.create_node(
            driver="ipmi",
            rescue_interface="agent",
            driver_info={
                "ipmi_address": status["bmc_address"],
                "ipmi_port": status["bmc_port"],
                "ipmi_username": options.username,
                "ipmi_password": options.password,
                "deploy_kernel": f"{self._rack.http_url}/images/{images.KERNEL}",
                "deploy_ramdisk": f"{self._rack.http_url}/images/{images.RAMDISK}",
            },
            properties={"cpu_arch": "x86_64"},
            **fields,
        )
        port = {"node_uuid": node, "address": status["mac"]}
        self._cluster.call("POST", "/v1/ports", port)
        return node

    def instance(self) -> list[dict[str, Any]]:
        """What to patch a node with before it is deployed."""
        image = images.catalog()[images.DISK_IMAGE]
        value = {
            "image_source": f"{self._rack.http_url}/images/{image.name}",
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": image.sha256,
            "image_disk_format": "raw",
        }
        return [{"op": "add", "path": "/instance_info", "value": value}]


class Load:
    """Keeps ``count`` servers of a rack and some fake nodes busy until it is stopped.

    :param patience: seconds of a healthy cluster after which a lock or transient state that shows no progress is stuck.
    """

    def __init__(
        self, cluster: Cluster, rack: VirtualRack, ledger: Ledger, patience: float, seed: int = 1
    ) -> None:
        self._cluster = cluster
        self._rack = rack
        self._enrolment = Enrolment(cluster, rack)
        self.ledger = ledger
        self._random = random.Random(seed)
        self.node_of: dict[str, str] = {}  # server name -> node UUID
        self.index_of: dict[str, int] = {}  # node UUID -> place in the rack
        # Driver -> verbs that it does not know. The step of the service is one of the agent's.
        self.unsupported: dict[str, set[str]] = {"fake-hardware": {"service"}}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.watch = Watch(patience)
        self.trouble: list[BaseException] = []
        self._clock = 0.0
        self._outages = 0
        self._draining = False
        self._asking: set[str] = set()
        self._stop = threading.Event()
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(CLIENTS, "tenant")
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    # What a scenario does

    def enrol(self, fakes: int) -> None:
        """Create the nodes."""
        for status in self._rack.statuses():
            node = self._enrolment.enrol(status["index"], name=status["name"])
            self.node_of[status["name"]] = node
            self.index_of[node] = status["index"]
        for number in range(fakes):
            self._cluster.create_node(name=f"fake-{number}", driver="fake-hardware")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End at once."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(120)
        self._pool.shutdown()

    def drain(self) -> None:
        """Begin nothing new."""
        self._draining = True

    def settled(self) -> bool:
        """Whether nothing is in flight and nothing is being asked for."""
        return not self._asking and not self.ledger.in_flight()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """The cluster cannot work in here: waiting in vain counts for nothing."""
        self._outages += 1
        try:
            yield
        finally:
            self._outages -= 1

    @contextlib.contextmanager
    def unhealthy(self, node: str, kind: str | None) -> Iterator[int]:
        """The node's server has a fault of this kind (see ``operations.CAUSES``); gives its place in the rack.

        None: a fault that is no reason to fail.
        """
        if kind:
            self.ledger.break_hardware(node, kind)
        try:
            yield self.index_of[node]
        finally:
            self._rack.clear_faults(self.index_of[node])
            self.ledger.mend_hardware(node)

    # The loop

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(POLL_INTERVAL):
            began = time.monotonic()
            try:
                listed = self._listed()
            except (requests.RequestException, ValueError):
                listed = None
            now = time.monotonic()
            if listed is not None and not self._outages:
                self._clock += now - last
            last = now
            if listed is None:
                continue
            try:
                for node in listed:
                    self.nodes[node["uuid"]] = node
                    self._watch(node)
                    self._look_at(node, began)
            except BaseException as exc:
                self.trouble.append(exc)
                raise

    def _listed(self) -> list[dict[str, Any]] | None:
        answer = self._request("GET", f"/v1/nodes?fields={FIELDS}&limit=1000")
        return answer.json()["nodes"] if answer.ok else None

    def _watch(self, node: dict[str, Any]) -> None:
        stuck = self.watch.look(node, self._clock)
        operation = self.ledger.of(node["uuid"])
        if stuck and operation is not None:
            operation.give_up(f"stuck: {stuck}")
            self.ledger.close(operation)

    def _look_at(self, node: dict[str, Any], read_at: float) -> None:
        uuid = node["uuid"]
        if uuid in self._asking:
            return
        operation = self.ledger.of(uuid)
        if operation is None:
            if node["provision_state"] in TRANSIENT:
                # A request that got no clear answer has been carried out after all.
                target = node["target_provision_state"] or states.ACTIVE
                self.ledger.open(
                    Operation(uuid, "echo", {"provision_state": target}, accepted_at=read_at)
                )
            elif at_rest(node) and not self._draining:
                self._begin(node)
            return
        if not at_rest(node) or read_at < operation.accepted_at:
            return
        if operation.certain or operation.reached(node) or operation.moved(node):
            operation.judge(node)
        elif time.monotonic() - operation.accepted_at > DOUBT and not self._outages:
            self.ledger.forget(operation)
            return
        else:
            return
        self.ledger.close(operation)

    def _begin(self, node: dict[str, Any]) -> None:
        uuid = node["uuid"]
        if node["fault"] == "power failure":
            return  # ends by itself once the BMC answers
        if node["maintenance"]:
            self._ask(uuid, lambda: self._request("DELETE", f"/v1/nodes/{uuid}/maintenance"))
            return
        unsupported = self.unsupported.get(node["driver"], set())
        choices = [c for c in CHOICES[node["provision_state"]] if c[0] not in unsupported]
        verb, goal, _ = self._random.choices(choices, [c[2] for c in choices])[0]
        operation = Operation(uuid, verb, goal, certain=False)
        operation.before = (node["provision_state"], node["last_error"])
        self.ledger.open(operation)
        self._ask(uuid, lambda: self._carry_out(operation, node))

    def _ask(self, uuid: str, what: Any) -> None:
        self._asking.add(uuid)

        def ask() -> None:
            try:
                what()
            except requests.RequestException as exc:
                self.ledger.refusal(type(exc).__name__)
            except BaseException as exc:
                self.trouble.append(exc)
                raise
            finally:
                self._asking.discard(uuid)

        self._pool.submit(ask)

    def _carry_out(self, operation: Operation, node: dict[str, Any]) -> None:
        """Send the request, and note whether the API has accepted it."""
        try:
            answer = self._send(operation, node)
        except requests.RequestException as exc:
            self.ledger.refusal(type(exc).__name__)
            operation.accepted_at = time.monotonic()
            return
        operation.accepted_at = time.monotonic()
        if answer is not None and answer.status_code == requests.codes.accepted:
            operation.certain = True
            return
        if answer is None:
            self.ledger.forget(operation)
            return
        self.ledger.refusal(f"{answer.status_code} to {operation.verb}")
        if answer.status_code == requests.codes.service_unavailable:
            return  # it may have arrived all the same
        self.ledger.forget(operation)
        if answer.status_code in (400, 404, 405) and ("not support" in answer.text):
            self.unsupported.setdefault(node["driver"], set()).add(operation.verb)
        elif answer.status_code != requests.codes.conflict:
            self.ledger.refusal(
                f"{operation.verb} in {node['provision_state']}: {answer.text[:300]}"
            )

    def _send(self, operation: Operation, node: dict[str, Any]) -> requests.Response | None:
        """None: not even tried, for what it needs could not be set up."""
        verb, path = operation.verb, f"/v1/nodes/{operation.node}"
        if verb in _POWER_VERBS:
            return self._request("PUT", f"{path}/states/power", {"target": verb})
        body: dict[str, Any] = {"target": verb}
        takes_image = verb in ("active", "adopt", "rebuild")
        if takes_image and not self._request("PATCH", path, self._enrolment.instance()).ok:
            return None
        if verb == "active":
            body["configdrive"] = {"meta_data": {"hostname": node["name"]}}
        elif verb == "service":
            body |= _BURN_IN
        elif verb == "rescue":
            body["rescue_password"] = "correct horse battery staple"
        return self._request("PUT", f"{path}/states/provision", body)

    def _request(self, method: str, path: str, body: object = None) -> requests.Response:
        """A session per thread: each is a client of its own."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        answer: requests.Response = session.request(
            method,
            f"{self._cluster.api_url}{path}",
            json=body,
            headers={"X-OpenStack-Ironic-API-Version": "latest"},
            timeout=40,
        )
        return answer
