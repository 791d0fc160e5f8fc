# SPDX-License-Identifier: Apache-2.0
"""Records that generated requests meet, and for each operation a request that succeeds."""

import itertools
import re
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import states
from ironic_lite.db import models
from tests.functional.deployment import Deployment

_STEP = {"interface": "deploy", "step": "deploy", "args": {}, "priority": 150}
_ORDERED = {"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}
_FOUND = {"inventory": {"interfaces": [{"mac_address": "{mac}"}]}}
_LOGICAL_DISK = {"raid_level": "1", "size_gb": 100, "is_root_volume": True}

_COLLECTIONS = {
    "node": "/v1/nodes",
    "port": "/v1/ports",
    "portgroup": "/v1/portgroups",
    "chassis": "/v1/chassis",
    "connector": "/v1/volume/connectors",
    "target": "/v1/volume/targets",
    "allocation": "/v1/allocations",
    "template": "/v1/deploy_templates",
    "runbook": "/v1/runbooks",
    "image": "/v1/images",
    "rule": "/v1/inspection_rules",
}

EXAMPLES: dict[str, Any] = {
    "POST /v1/nodes": {"driver": "fake-hardware", "resource_class": "openapi"},
    "POST /v1/ports": {"address": "{mac}", "node_uuid": "{node}", "portgroup_uuid": "{portgroup}"},
    "POST /v1/portgroups": {"node_uuid": "{node}"},
    "POST /v1/chassis": {"description": "text"},
    "POST /v1/volume/connectors": {"node_uuid": "{node}", "type": "ip", "connector_id": "{mac}"},
    "POST /v1/volume/targets": {
        "node_uuid": "{node}",
        "volume_type": "iscsi",
        "boot_index": "{number}",
        "volume_id": "v",
        "properties": {"auth_password": "secret"},
    },
    "POST /v1/allocations": {"resource_class": "openapi", "traits": ["CUSTOM_A"]},
    "POST /v1/deploy_templates": {"name": "CUSTOM_{number}", "steps": [_STEP]},
    "POST /v1/runbooks": {"name": "CUSTOM_{number}", "steps": [_ORDERED]},
    "POST /v1/images": {"name": "image-{number}"},
    "PUT /v1/images/{image}/upload": b"a raw image",
    "POST /v1/inspection_rules": {"actions": [{"op": "fail", "args": {"msg": "x"}}]},
    "POST /v1/boot_events": {"events": [{"mac": "{mac}", "kind": "dhcp-offered"}]},
    "POST /v1/events": {
        "events": [
            {
                "event": "network.bind_port",
                "port_id": "{port}",
                "mac_address": "{mac}",
                "status": "ACTIVE",
            }
        ]
    },
    "POST /v1/heartbeat/{node}": {
        "callback_url": "http://127.0.0.1:1",
        "agent_token": "{token}",
        "agent_version": "13.0",
    },
    "POST /v1/heartbeat": {
        "node_ident": "{waiting}",
        "callback_url": "http://127.0.0.1:1",
        "agent_token": "{token}",
        "agent_version": "13.0",
    },
    "PUT /v1/nodes/{node}/states/power": {"target": "power on"},
    "PUT /v1/nodes/states/power/{node}": {"target": "power on"},
    "PUT /v1/nodes/states/provision/{node}": {"target": "manage"},
    "PUT /v1/nodes/states/console/{node}": {"enabled": True},
    "PUT /v1/nodes/management/boot_device/{node}": {"boot_device": "pxe"},
    "PUT /v1/nodes/{node}/states/provision": {"target": "manage"},
    "PUT /v1/nodes/{node}/states/raid": {"logical_disks": [_LOGICAL_DISK]},
    "PUT /v1/nodes/{node}/states/boot_mode": {"target": "uefi"},
    "PUT /v1/nodes/{node}/states/secure_boot": {"target": True},
    "PUT /v1/nodes/{node}/states/console": {"enabled": True},
    "PUT /v1/nodes/{node}/management/boot_device": {"boot_device": "pxe"},
    "PUT /v1/nodes/{node}/management/indicators/{indicator}": {"state": "on"},
    "PUT /v1/nodes/{node}/traits": {"traits": ["CUSTOM_A"]},
    "PUT /v1/runbooks/{runbook}/traits": {"traits": ["CUSTOM_A"]},
    "POST /v1/nodes/{node}/vifs": {"id": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a12"},
    "POST /v1/nodes/{node}/vmedia": {"device_type": "cdrom", "image_url": "http://127.0.0.1/i"},
    "POST /v1/nodes/{node}/vendor_passthru": {"bar": "meow"},
    "POST /v1/nodes/{node}/vendor_passthru/{method}": {"bar": "meow"},
    "POST /v1/continue_inspection": _FOUND,
    **{
        f"PATCH {_COLLECTIONS[kind]}/{{{name}}}": [
            {"op": "add", "path": "/extra/key", "value": "text"}
        ]
        for kind, name in (
            ("node", "node"),
            ("port", "port"),
            ("portgroup", "portgroup"),
            ("chassis", "chassis"),
            ("connector", "uuid"),
            ("target", "uuid"),
            ("allocation", "allocation"),
            ("template", "template"),
            ("runbook", "runbook"),
        )
    },
    "PATCH /v1/images/{image}": [{"op": "add", "path": "/properties/key", "value": "text"}],
    "PATCH /v1/inspection_rules/{uuid}": [
        {"op": "replace", "path": "/description", "value": "text"}
    ],
}
"""``{operation: body}``; names in braces are filled in."""

QUERIES: dict[str, dict[str, str]] = {
    "GET /boot/{mac}/failed": {"part": "kernel", "error": "2d0c613b"},
    "GET /v1/lookup": {"node_uuid": "{waiting}"},
    "GET /v1/nodes/validate": {"node_uuid": "{node}"},
    "GET /v1/nodes/{node}/plan": {"target": "active"},
    "GET /v1/drivers/properties": {"driver_name": "fake-hardware"},
    "POST /v1/nodes/{node}/vendor_passthru": {"method": "third_method_sync"},
    "POST /v1/continue_inspection": {"node_uuid": "{inspected}"},
}
"""The same for what stands in the URL."""

_TOLD: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
    (
        models.BIOS_SETTINGS,
        {
            "name": "BootMode",
            "value": "Uefi",
            "attribute_type": "Enumeration",
            "read_only": False,
            "upper_bound": 2**40,
            "allowable_values": ["Bios", "Uefi"],
        },
    ),
    (models.FIRMWARE_COMPONENTS, {"component": "bmc", "current_version": "1.2", "model": "m"}),
    (models.NODE_HISTORY, {"event": "It broke.", "severity": "ERROR", "duration_seconds": 3}),
    (models.NODE_INVENTORY, {"inventory_data": {"interfaces": []}, "plugin_data": {}}),
    (models.ALLOCATIONS, {"state": "active"}),
)
"""Fields of a node that only its server or its conductor sets."""

_NUMBERS = itertools.count(1)

_HELD = {
    "node_uuid": "node",
    "node_ident": "node",
    "parent_node": "node",
    "chassis_uuid": "chassis",
    "portgroup_uuid": "portgroup",
    "driver": "driver",
}
"""The kinds of records that fields and arguments of these names refer to."""
_DROPPED = re.compile(r"_interface$|^(conductor_group|candidate_nodes|node)$")
"""With a generated value, these fields are refused, because the named record does not exist."""
_PLACE = re.compile(r"\{(\w+)\}")


def filled_in(value: Any, of: Callable[[str], Any]) -> Any:
    """An example without its braces.

    :param of: what stands for a name in them.
    """
    match value:
        case dict():
            return {key: filled_in(item, of) for key, item in value.items()}
        case list():
            return [filled_in(item, of) for item in value]
        case str() if whole := _PLACE.fullmatch(value):
            return of(whole[1])
        case str():
            return _PLACE.sub(lambda found: str(of(found[1])), value)
    return value


class Records:
    """One record of each kind, made when it is first wanted; each ``DELETE`` gets one of its own."""

    def __init__(self, service: Deployment, hostname: str):
        self._service = service
        self._engine = sa.create_engine(service.database)
        self._fixed = {
            "driver": "fake-hardware",
            "hostname": hostname,
            "logs": "1",
            "method": "third_method_sync",
            "indicator": "led@system",
            "trait": "CUSTOM_A",
            "setting": "BootMode",
            "device": "cdrom",
            "vif": "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a12",
        }
        self._known: dict[str, Any] = {}
        self._makers: dict[str, Callable[[], str]] = {
            "event": self._make_event,
            "waiting": lambda: self._in_state(states.DEPLOYWAIT),
            "inspected": lambda: self._in_state(states.INSPECTWAIT),
            "token": self._make_token,
        }

    def close(self) -> None:
        self._engine.dispose()

    def forget(self) -> None:
        """Make new records from now on."""
        self._known.clear()

    def of(self, name: str) -> Any:
        """The identifier that stands for ``{name}``."""
        if name == "number":
            return next(_NUMBERS)
        if name == "mac":
            return "52:54:00:" + ":".join(f"{byte:02x}" for byte in next(_NUMBERS).to_bytes(3))
        if name in self._fixed:
            return self._fixed[name]
        if name not in self._known:
            self._known[name] = self._makers.get(name, lambda: self._make(name))()
        return self._known[name]

    def in_path(self, operation: str, path: str, name: str) -> str:
        """The identifier for the variable ``name`` of a path."""
        kind = name
        if name == "uuid":
            kind = next(k for k, place in _COLLECTIONS.items() if path == f"{place}/{{uuid}}")
        if name == "mac":
            self.of("port")
            return str(self._known["address"]).replace(":", "-")
        if operation.startswith("POST /v1/heartbeat"):
            return str(self.of("waiting"))
        if operation.startswith("DELETE") and path.endswith(f"{{{name}}}"):
            self._known.pop(kind, None)
        return str(self.of(kind))

    def filled_in(self, value: Any) -> Any:
        """An example without its braces."""
        return filled_in(value, self.of)

    def lead_somewhere(self, body: Any) -> Any:
        """A generated body whose references are to records that there are."""
        if isinstance(body, list):
            for operation in body:
                if isinstance(operation, dict) and isinstance(operation.get("path"), str):
                    kind = _HELD.get(operation["path"].strip("/"))
                    if kind and "value" in operation:
                        operation["value"] = self.of(kind)
            return body
        if not isinstance(body, dict):
            return body
        kept = {key: value for key, value in body.items() if not _DROPPED.search(key)}
        for key in _HELD.keys() & kept.keys():
            kept[key] = self.of(_HELD[key])
        if kept.get("traits"):
            kept["traits"] = [self.of("trait")]
        return kept

    # How the records are made.

    def _make(self, kind: str) -> str:
        path = _COLLECTIONS[kind]
        body = self.filled_in(EXAMPLES[f"POST {path}"])
        made: str = self._service.call("POST", path, body)["uuid"]
        if kind == "node":
            self._describe(made)
        if kind == "port":
            self._known["address"] = body["address"]
        if kind == "runbook":
            self._service.call("PUT", f"{path}/{made}/traits", {"traits": ["CUSTOM_A"]})
        return made

    def _describe(self, node: str) -> None:
        self._service.call("PUT", f"/v1/nodes/{node}/traits", {"traits": ["CUSTOM_A"]})
        node_id = sa.select(models.NODES.c.id).where(models.NODES.c.uuid == node).scalar_subquery()
        own = {"node_id": node_id, "created_at": sa.func.now()}
        with self._engine.begin() as connection:
            for table, row in _TOLD:
                named = {"uuid": str(uuid.uuid4())} if "uuid" in table.c else {}
                connection.execute(sa.insert(table).values(**own, **named, **row))
        self._write(node, power_state=states.POWER_OFF)

    def _write(self, node: str, **columns: str) -> None:
        with self._engine.begin() as connection:
            mine = models.NODES.c.uuid == node
            connection.execute(sa.update(models.NODES).where(mine).values(**columns))

    def _make_event(self) -> str:
        events = self._service.call("GET", f"/v1/nodes/{self.of('node')}/history")["history"]
        return str(events[0]["uuid"])

    def _in_state(self, state: str) -> str:
        node = self._make("node")
        self._write(node, provision_state=state, target_provision_state=states.ACTIVE)
        return node

    def _make_token(self) -> str:
        answer = self._service.call("GET", f"/v1/lookup?node_uuid={self.of('waiting')}")
        return str(answer["config"]["agent_token"])
