# SPDX-License-Identifier: Apache-2.0
"""The records of the fuzz test: those of a project, with secrets, and their values that other clients must not get."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

from tests.stories.access_requests import LESSEE, OWNER

Ask = Callable[[str, str, Any], tuple[int, Any]]
"""``ask(method, path, body)`` as an administrator of the system -> status and decoded body."""

SECRETS = {
    kind: f"planted-{kind}-7c1d"
    for kind in (
        "bmc",
        "snmp",
        "admin-pass",
        "rescue",
        "drive",
        "signature",
        "chap",
        "nested",
    )
}
"""Nobody is shown these, whoever asks: passwords, tokens, config drives."""

_TOLD = {
    kind: f"told-{kind}-5e2f" for kind in ("rack", "description", "bmc-address", "class", "step")
}
"""What those see who may see the node."""

_NODE = {
    "driver": "fake-hardware",
    "owner": OWNER,
    "lessee": LESSEE,
    "resource_class": _TOLD["class"],
    "description": _TOLD["description"],
    "extra": {"rack": _TOLD["rack"]},
    "driver_info": {
        "ipmi_address": _TOLD["bmc-address"],
        "ipmi_password": SECRETS["bmc"],
        "nested": {"snmp_auth_token": SECRETS["snmp"], "list": [{"password": SECRETS["nested"]}]},
    },
    "instance_info": {
        "admin_pass": SECRETS["admin-pass"],
        "rescue_password": SECRETS["rescue"],
        "configdrive": SECRETS["drive"],
        "image_url": f"http://images/one?signature={SECRETS['signature']}",
    },
}

_COLLECTIONS = {
    "chassis": "chassis",
    "node": "nodes",
    "portgroup": "portgroups",
    "port": "ports",
    "connector": "volume/connectors",
    "target": "volume/targets",
    "allocation": "allocations",
    "template": "deploy_templates",
    "runbook": "runbooks",
    "image": "images",
    "rule": "inspection_rules",
}

_FIXED = {
    "driver": "fake-hardware",
    "hostname": "all-in-one",
    "method": "third_method_sync",
    "indicator": "led@system",
    "trait": "CUSTOM_A",
    "setting": "BootMode",
    "device": "cdrom",
    "vif": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a12",
    "event": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a13",
    "token": "no-token",
    "logs": "1",
}
"""What stands in paths without being a record that is made here."""

_NAMED_BY = {
    "node_uuid": "node",
    "node_ident": "node",
    "node": "node",
    "parent_node": "node",
    "candidate_nodes": "node",
    "limit_child_node_execution": "node",
    "chassis_uuid": "chassis",
    "portgroup_uuid": "portgroup",
    "portgroup": "portgroup",
    "port_uuid": "port",
    "port_id": "port",
    "runbook": "runbook",
    "driver": "driver",
    "driver_name": "driver",
    "traits": "trait",
}
"""The kinds of records that fields and arguments of these names refer to."""

_STEP = {"interface": "deploy", "step": "erase_devices", "args": {"password": _TOLD["step"]}}


class Records:
    """One record of each kind; a deleted one is created again, and all are replaced from time to time."""

    def __init__(self, ask: Ask):
        self._ask = ask
        self._known: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self.foreign: set[str] = set(_TOLD.values())
        """What a stranger must not be told."""

    def renew(self) -> None:
        """Use new records from now on; the values of the old ones stay secret."""
        self._known.clear()
        self._names.clear()
        for kind in _COLLECTIONS:
            self.of(kind)

    def in_path(self, path: str, variable: str, by_name: bool) -> str:
        """Return an identifier for a variable part of a path."""
        kind = variable
        if variable == "uuid":
            collection = path.removeprefix("/v1/").partition("/{")[0]
            kind = next(k for k, place in _COLLECTIONS.items() if place == collection)
        if variable == "mac":
            return "02-00-00-00-00-01"
        return self._names.get(kind, self.of(kind)) if by_name else self.of(kind)

    def named(self, field: str, listed: str = "") -> str | None:
        """Return an identifier for a field or an argument; None if it is not a reference.

        :param listed: the collection of a ``marker``.
        """
        if field == "marker":
            kinds = {place: kind for kind, place in _COLLECTIONS.items()}
            return self.of(kinds[listed]) if listed in kinds else None
        kind = _NAMED_BY.get(field)
        return self.of(kind) if kind else None

    def forget(self, ident: str) -> None:
        """Forget a deleted record, and its parts."""
        if ident in (self._known.get("node"), self._names.get("node")):
            for kind in ("node", "port", "portgroup", "connector", "target"):
                self._known.pop(kind, None)
        for kind in [kind for kind, known in self._known.items() if known == ident]:
            del self._known[kind]
        for kind in [kind for kind, known in self._names.items() if known == ident]:
            self._known.pop(kind, None)

    def of(self, kind: str) -> Any:
        """Return the value for ``{kind}``: the identifier of a record, or a value that each example needs anew."""
        if kind in _FIXED:
            return _FIXED[kind]
        if kind == "number":
            return next(self._numbers)
        if kind == "mac":
            return _mac(next(self._numbers))
        kind = "node" if kind in ("waiting", "inspected") else kind
        if kind not in self._known:
            number = next(self._numbers)
            body = self._body(kind, number)
            status, made = self._ask("POST", f"/v1/{_COLLECTIONS[kind]}", body)
            if status != 201:
                raise AssertionError(f"{kind} cannot be made: {status} {made}")
            self._known[kind] = made["uuid"]
            self.foreign.add(made["uuid"])
            if kind in ("node", "port", "portgroup", "allocation"):
                self._names[kind] = body["name"]
                self.foreign.add(body["name"])
            if kind == "node":
                path = f"/v1/nodes/{made['uuid']}/traits"
                self._ask("PUT", path, {"traits": ["CUSTOM_A"]})
                # Volumes can only be changed while their server is off.
                power = f"/v1/nodes/{made['uuid']}/states/power"
                self._ask("PUT", power, {"target": "power off"})
        return self._known[kind]

    def _body(self, kind: str, number: int) -> dict[str, Any]:
        name = f"foreign-{kind}-{number}-{uuid.UUID(int=number).hex[-4:]}"
        match kind:
            case "node":
                return {**_NODE, "name": name, "chassis_uuid": self.of("chassis")}
            case "portgroup":
                return {"node_uuid": self.of("node"), "name": name}
            case "port":
                return {"node_uuid": self.of("node"), "address": _mac(number), "name": name}
            case "connector":
                return {"node_uuid": self.of("node"), "type": "ip", "connector_id": name}
            case "target":
                return {
                    "node_uuid": self.of("node"),
                    "volume_type": "iscsi",
                    "boot_index": number,
                    "volume_id": name,
                    "properties": {"auth_password": SECRETS["chap"]},
                }
            case "image":
                return {"name": name, "owner": OWNER}
            case "allocation":
                return {"resource_class": _TOLD["class"], "owner": OWNER, "name": name}
            case "template":
                return {"name": f"CUSTOM_FOREIGN_{number}", "steps": [{**_STEP, "priority": 1}]}
            case "runbook":
                steps = [{**_STEP, "order": 1}]
                return {"name": f"CUSTOM_RUNBOOK_{number}", "owner": OWNER, "steps": steps}
            case "rule":
                return {"actions": [{"op": "fail", "args": {"msg": "x"}}], "conditions": []}
        return {}


def _mac(number: int) -> str:
    return "02:f0:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(4))
