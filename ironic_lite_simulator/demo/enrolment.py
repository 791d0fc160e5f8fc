# SPDX-License-Identifier: Apache-2.0
"""Takes the servers of a rack from nothing to active, one step per poll of the API."""

import dataclasses
import time
from typing import Any

from ironic_lite.common import safe_text
from ironic_lite_simulator.demo.client import ApiError, BaremetalApi
from ironic_lite_simulator.demo.servers import ACTIVE, Servers, SimulatedServers
from ironic_lite_simulator.virtual_rack import VirtualRack

_CONFLICT = 409


@dataclasses.dataclass(slots=True)
class Progress:
    """Where a server is. Times are seconds since the demo began."""

    index: int
    name: str
    node: dict[str, Any] = dataclasses.field(default_factory=dict)
    server: dict[str, Any] = dataclasses.field(default_factory=dict)
    asked_for: str = ""
    finished_at: float | None = None
    error: str | None = None

    @property
    def provision_state(self) -> str:
        return self.node.get("provision_state") or "-"

    @property
    def step(self) -> str:
        step = self.node.get("deploy_step") or self.node.get("clean_step") or {}
        return str(step.get("step") or "")

    @property
    def done(self) -> bool:
        """Whether nothing more will happen."""
        return self.finished_at is not None


class Enrolment:
    """All servers of a rack on their way through one API."""

    def __init__(self, api: BaremetalApi, rack: VirtualRack, kind: Servers | None = None) -> None:
        self._api = api
        self._rack = rack
        self._kind: Servers = kind or SimulatedServers()
        self._began = time.monotonic()
        self.servers = [Progress(s["index"], f"demo-{s['index']}") for s in rack.statuses()]

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def done(self) -> bool:
        """Whether every server is active or has failed."""
        return all(s.done for s in self.servers)

    @property
    def all_active(self) -> bool:
        return self.done and not any(s.error for s in self.servers)

    def enrol(self) -> None:
        """Create a node per server, and a port per NIC.

        :raises ApiError: the API refused one.
        """
        for progress, status in zip(self.servers, self._rack.statuses(), strict=True):
            self._api.create_node(self._node_body(progress, status), status["nics"])

    def advance(self) -> None:
        """Look at all nodes and ask for the next state of those that came to rest.

        :raises ApiError: the API cannot be reached or refused a request for another reason than a lock.
        """
        nodes = self._api.nodes()
        statuses = self._rack.statuses()
        for progress in self.servers:
            progress.node = nodes.get(progress.name, {})
            progress.server = statuses[progress.index]
            if not progress.done:
                self._advance_one(progress)

    def _advance_one(self, progress: Progress) -> None:
        node, state = progress.node, progress.provision_state
        failed = state.endswith(" failed") or state == "error"
        # A node whose verification failed is back in enroll, with the reason.
        back = state == "enroll" and progress.asked_for == "manage" and node["last_error"]
        if failed or (back and not node["target_provision_state"]):
            self._finish(progress, node["last_error"] or f"The node is in {state}.")
        elif state == ACTIVE:
            self._check_server(progress)
        elif target := self._next_target(state, progress.asked_for):
            self._ask(progress, target)

    def proof(self, progress: Progress) -> list[str]:
        """Return lines that show that a server runs what was deployed; none of a failed one."""
        if progress.error or not progress.done:
            return []
        return self._kind.proof(self._rack, progress.index, progress.name)

    def _next_target(self, state: str, asked_for: str) -> str | None:
        """Return what to ask for in a state of rest, or None if the answer to the last request is still to come."""
        targets = self._kind.targets.get(state, ())
        following = targets.index(asked_for) + 1 if asked_for in targets else 0
        return targets[following] if following < len(targets) else None

    def _ask(self, progress: Progress, target: str) -> None:
        uuid = progress.node["uuid"]
        try:
            if target == ACTIVE:
                self._api.set_instance(uuid, self._kind.instance_info(self._rack))
                drive = _config_drive(progress.name)
                self._api.provision(uuid, target, configdrive=drive)
            else:
                self._api.provision(uuid, target)
        except ApiError as exc:
            if exc.status == _CONFLICT:
                return  # the conductor still has the node locked; the next poll tries again
            raise
        progress.asked_for = target

    def _check_server(self, progress: Progress) -> None:
        """Wait until the server itself runs what was deployed, not only until the node is active."""
        outcome = self._kind.outcome(self._rack, progress.index, progress.name)
        if outcome is not None:
            self._finish(progress, outcome or None)

    def _finish(self, progress: Progress, error: str | None) -> None:
        progress.error = None if error is None else safe_text.one_line(error)
        progress.finished_at = self.elapsed

    def _node_body(self, progress: Progress, status: dict[str, Any]) -> dict[str, Any]:
        options = self._rack.options
        body = self._kind.node(self._rack, progress.index)
        bmc = {
            "ipmi_address": status["bmc_address"],
            "ipmi_port": status["bmc_port"],
            "ipmi_username": options.username,
            "ipmi_password": options.password,
        }
        return {
            "name": progress.name,
            "driver": "ipmi",
            "rescue_interface": "agent",
            **body,
            "driver_info": {**bmc, **body.get("driver_info", {})},
        }


def _config_drive(name: str) -> dict[str, Any]:
    return {
        "meta_data": {"hostname": name},
        "user_data": f"#cloud-config\nhostname: {name}\n",
    }
