# SPDX-License-Identifier: Apache-2.0
"""The requests of the access matrix, and the records that they are about.

The bodies are valid, or so wrong that a client with access gets 400 and nothing changes. Either way the status shows
whether the access check passed, and in which order the checks are made.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("access_matrix.txt")

Row = tuple[str, tuple[int, ...]]
"""A request of the matrix, and the status that each role gets."""

Ask = Callable[[str, str, Any], tuple[int, Any]]
"""``ask(method, path, body)`` as an administrator of the system -> status and decoded body."""

OWNER, LESSEE, STRANGER = "p-owner", "p-lessee", "p-stranger"

ROLES = ("admin", "manager", "member", "reader", "service")
IMPLIED = {
    "admin": ["admin", "manager", "member", "reader"],
    "manager": ["manager", "member", "reader"],
    "member": ["member", "reader"],
    "reader": ["reader"],
    "service": ["service"],
}
GROUPS = {"system": None, "owner": OWNER, "lessee": LESSEE, "stranger": STRANGER}


def _patch(field: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace" if "/" not in field else "add", "path": f"/{field}", "value": value}]


# What PATCH of a node sets each field to: values that change nothing, or nothing that matters.
NODE_FIELDS: dict[str, Any] = {
    "automated_clean": False,
    "bios_interface": "fake",
    "chassis_uuid": "{chassis}",
    "conductor_group": "",
    "deploy_interface": "fake",
    "description": "text",
    "disable_power_off": False,
    "driver": "fake-hardware",
    "driver_info/x": 1,
    "extra/x": 1,
    "instance_info/x": 1,
    "instance_name": "name",
    "instance_uuid": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a11",
    "lessee": LESSEE,
    "maintenance": False,
    "name": "{name}",
    "network_data": {"links": [], "networks": [], "services": []},
    "owner": OWNER,
    "parent_node": None,
    "properties/x": 1,
    "protected": False,
    "protected_reason": None,
    "resource_class": "metal",
    "retired": False,
    "retired_reason": "old",
    "shard": "s1",
}

_STEP = {"interface": "deploy", "step": "deploy", "args": {}, "priority": 150}
_NODE = {"driver": "fake-hardware", "owner": OWNER, "lessee": LESSEE}
_ORDERED = {"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}
_EVENT = {
    "event": "network.bind_port",
    "port_id": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a14",
    "mac_address": "02:00:00:00:00:98",
    "status": "ACTIVE",
}
_ACTIONS = [{"op": "fail", "args": {"msg": "x"}}]

BODIES: dict[str, Any] = {
    "POST /nodes": {"driver": "no-such-driver"},
    "POST /nodes own": {"driver": "no-such-driver", "owner": "{project}"},
    "POST /nodes foreign": {"driver": "no-such-driver", "owner": "p-other"},
    **{
        f"PATCH /nodes/{{node}} {field.partition('/')[0]}": _patch(field, value)
        for field, value in NODE_FIELDS.items()
    },
    "PATCH /nodes/{node} cleaning": _patch("automated_clean", True),
    "PATCH /nodes/{node} invalid": [{"op": "replace", "path": "/nonsense", "value": 1}],
    "PUT /nodes/{node}/states/power": {"target": "nonsense"},
    "PUT /nodes/{node}/states/provision": {"target": "nonsense"},
    "PUT /nodes/{node}/states/provision clean": {
        "target": "clean",
        "clean_steps": [{"interface": "deploy", "step": "erase_devices"}],
    },
    "PUT /nodes/{node}/states/provision service": {
        "target": "service",
        "service_steps": [{"interface": "deploy", "step": "x"}],
    },
    "PUT /nodes/{node}/states/provision runbook": {"target": "clean", "runbook": "{runbook}"},
    "PUT /nodes/states/power/{node}": {"target": "nonsense"},
    "PUT /nodes/states/provision/{node}": {"target": "nonsense"},
    "PUT /nodes/states/console/{node}": {"enabled": False},
    "PUT /nodes/maintenance/{node}": {"reason": "text"},
    "PUT /nodes/management/boot_device/{node}": {"boot_device": "pxe", "persistent": False},
    "PUT /nodes/{node}/states/raid": {"logical_disks": "nonsense"},
    "PUT /nodes/{node}/states/boot_mode": {"target": "nonsense"},
    "PUT /nodes/{node}/states/secure_boot": {"target": True},
    "PUT /nodes/{node}/states/console": {"enabled": False},
    "PUT /nodes/{node}/maintenance": {"reason": "text"},
    "PUT /nodes/{node}/management/boot_device": {"boot_device": "pxe", "persistent": False},
    "PUT /nodes/{node}/management/inject_nmi": {},
    "PUT /nodes/{node}/management/indicators/{indicator}": {"state": "on"},
    "POST /nodes/{node}/vendor_passthru/{method}": {"bar": "x"},
    "PUT /nodes/{node}/vendor_passthru/{method}": {},
    "PATCH /nodes/{node}/vendor_passthru/{method}": {},
    "POST /nodes/{node}/vifs": {"id": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a12"},
    "PUT /nodes/{node}/traits": {"traits": ["CUSTOM_A"]},
    "PUT /nodes/{node}/traits/{trait}": {},
    "POST /nodes/{node}/vmedia": {"device_type": "cdrom", "image_url": "http://192.0.2.1/i"},
    "POST /ports": {"address": "02:00:00:00:00:99", "node_uuid": "{node}"},
    "PATCH /ports/{port}": _patch("extra/x", 1),
    "POST /portgroups": {"node_uuid": "{node}"},
    "PATCH /portgroups/{portgroup}": _patch("extra/x", 1),
    "POST /chassis": {},
    "PATCH /chassis/{chassis}": _patch("extra/x", 1),
    "POST /volume/connectors": {"node_uuid": "{node}", "type": "nonsense", "connector_id": "x"},
    "PATCH /volume/connectors/{connector}": _patch("extra/x", 1),
    "POST /volume/targets": {
        "node_uuid": "{node}",
        "volume_type": "iscsi",
        "boot_index": -1,
        "volume_id": "v",
    },
    "PATCH /volume/targets/{target}": _patch("extra/x", 1),
    "POST /allocations": {"resource_class": "metal"},
    "POST /allocations own": {"resource_class": "metal", "owner": "{project}"},
    "POST /allocations foreign": {"resource_class": "metal", "owner": "p-other"},
    "PATCH /allocations/{allocation}": _patch("extra/x", 1),
    "POST /deploy_templates": {"name": "CUSTOM_NEW", "steps": [_STEP]},
    "PATCH /deploy_templates/{template}": _patch("extra/x", 1),
    "POST /runbooks": {"name": "CUSTOM_NEW", "steps": [_ORDERED]},
    "PATCH /runbooks/{runbook}": _patch("extra/x", 1),
    "PATCH /runbooks/{runbook} public": _patch("public", False),
    "PATCH /runbooks/{runbook} owner": _patch("owner", OWNER),
    "PUT /runbooks/{runbook}/traits": {"traits": ["CUSTOM_A"]},
    "PUT /runbooks/{runbook}/traits/{trait}": {},
    "POST /images": {"name": "new"},
    "PATCH /images/{image}": _patch("properties/x", "1"),
    "PATCH /images/{image} public": _patch("public", False),
    "PATCH /images/{image} owner": _patch("owner", OWNER),
    "PATCH /images/{image} default": _patch("default_for", ["deploy"]),
    "PUT /images/{image}/upload": {},
    "POST /inspection_rules": {"actions": _ACTIONS, "conditions": []},
    "PATCH /inspection_rules/{rule}": _patch("description", "text"),
    "POST /events": {"events": [_EVENT]},
    "POST /boot_events": {"events": [{"mac": "02:00:00:00:00:98", "kind": "dhcp-offered"}]},
    "POST /drivers/{driver}/vendor_passthru/{method}": {},
    "PUT /drivers/{driver}/vendor_passthru/{method}": {},
    "PATCH /drivers/{driver}/vendor_passthru/{method}": {},
    "POST /heartbeat/{node}": {"callback_url": "http://127.0.0.1:1"},
    "POST /heartbeat": {"callback_url": "http://127.0.0.1:1", "node_ident": "{node}"},
    "POST /continue_inspection": {},
}


def table() -> list[Row]:
    """The access matrix."""
    rows = []
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            request, _, cells = line.partition("  ")
            rows.append((request, tuple(int(cell) for cell in cells.replace("|", " ").split())))
    return rows


# Parts of paths that are not records, or need not exist.
_FIXED = {
    "driver": "fake-hardware",
    "method": "no_such_method",
    "indicator": "power@system",
    "trait": "CUSTOM_A",
    "setting": "no-such-setting",
    "device": "cdrom",
    "vif": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a12",
    "event": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a13",
    "logs": "4711",
}


class Records:
    """One of each kind, and how to make another when a request has deleted it."""

    def __init__(self, ask: Ask):
        self._ask = ask
        self.known = {**_FIXED, "name": f"target-{uuid.uuid4().hex[:8]}"}

    def __getitem__(self, kind: str) -> str:
        if kind not in self.known:
            self.known[kind] = self._make(kind)
        return self.known[kind]

    def tidy(self, method: str, path: str, status: int, answer: Any) -> None:
        """Undo a request: delete the record that it created, or forget the one that it deleted."""
        if method == "POST" and status == 201:
            self._ask("DELETE", f"{path}/{answer['uuid']}", None)
        last = path.rpartition("/")[2].strip("{}")
        if method == "DELETE" and status < 300 and "/maintenance/" not in path:
            self.known.pop("rule" if last == "inspection_rules" else last, None)
            self.known = {**_FIXED, **self.known}

    def _make(self, kind: str) -> str:
        collection, body = self._bodies(kind)
        status, made = self._ask("POST", collection, body)
        assert status == 201, f"{collection}: {status} {made}"
        if kind == "node":
            self._ask("PUT", f"/nodes/{made['uuid']}/traits", {"traits": ["CUSTOM_A"]})
        return str(made["hostname"] if kind == "hostname" else made["uuid"])

    def _bodies(self, kind: str) -> tuple[str, dict[str, Any]]:
        some = uuid.uuid4().hex
        mac = ":".join(("02", *(some[i : i + 2] for i in range(0, 10, 2))))
        match kind:
            case "node":
                return "/nodes", {**_NODE, "name": self["name"]}
            case "doomed":
                return "/nodes", _NODE
            case "port":
                return "/ports", {"node_uuid": self["node"], "address": mac}
            case "portgroup":
                return "/portgroups", {"node_uuid": self["node"]}
            case "chassis" | "unused":
                return "/chassis", {}
            case "connector":
                return "/volume/connectors", {
                    "node_uuid": self["node"],
                    "type": "ip",
                    "connector_id": some,
                }
            case "target":
                return "/volume/targets", {
                    "node_uuid": self["node"],
                    "volume_type": "iscsi",
                    "boot_index": int(some[:6], 16),
                    "volume_id": some,
                }
            case "allocation":
                return "/allocations", {"resource_class": "no-such-class", "owner": OWNER}
            case "template":
                return "/deploy_templates", {
                    "name": f"CUSTOM_{some.upper()}",
                    "steps": [_STEP],
                }
            case "runbook":
                return "/runbooks", {
                    "name": f"CUSTOM_{some.upper()}",
                    "owner": OWNER,
                    "steps": [_ORDERED],
                }
            case "image":
                # What the requests upload has another format, so it is refused.
                return "/images", {"name": f"image-{some}", "owner": OWNER, "disk_format": "qcow2"}
            case "rule":
                return "/inspection_rules", {"actions": _ACTIONS, "conditions": []}
        raise KeyError(kind)
