# SPDX-License-Identifier: Apache-2.0
"""Requests of each role: in system scope, and in the projects of a node's owner, of its lessee and of others.

The node ``{node}`` has an owner and a lessee, ``{other}`` has an owner only, ``{tenant}`` has neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.compare.case import NEWEST, Case
from tests.compare.identity import SYSTEM, USERS
from tests.stories import access_requests

_OURS_ALONE = (
    *("/timeline", "/plan?", "/continue_inspection", "DELETE /inspection_rules "),
    *("/images", "/logs", "/boot_events", "/console/"),
)
_NAMES = {
    "doomed": "{node}",
    "unused": "{chassis}",
    "allocation": "{failed_allocation}",
    "driver": "fake-hardware",
    "method": "no_such_method",
    "indicator": "power@system",
    "trait": "CUSTOM_A",
    "setting": "virtualization",
    "device": "cdrom",
    "vif": "{new}",
    "event": "e4000000-0000-4000-8000-000000000001",
    "hostname": "compare",
    "name": "alpha",
    access_requests.OWNER: "{owner-project}",
    access_requests.LESSEE: "{lessee-project}",
    "p-other": "{stranger-project}",
}
_ASKED_ALL = ("system-admin", "system-reader", "lessee-member")
"""Those who are asked about everything; the others are asked about reading and changing nodes, and what follows."""
ASKING = (
    *_ASKED_ALL,
    "system-member",
    "owner-admin",
    "owner-manager",
    "owner-member",
    "owner-reader",
    "lessee-admin",
    "lessee-reader",
    "stranger-admin",
    "service-service",
)
_OF_NODES = ("GET /nodes", "PATCH /nodes/{node} ", "DELETE /nodes/{doomed} ", "GET /runbooks")
_PROVISION = "/nodes/{node}/states/provision"
_STEPS = [{"interface": "deploy", "step": "erase_devices"}]
_NODE = {"uuid": "{new}", "driver": "fake-hardware"}
_RUNBOOK = {
    "uuid": "{new}",
    "name": "CUSTOM_NEW",
    "steps": [{"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}],
}


def _set(field: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": f"/{field}", "value": value}]


_ABOUT_A_NODE: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/nodes/{node}?fields=uuid,driver_info,last_error,reservation", None),
    ("GET", "/nodes?sort_key=last_error", None),
    ("GET", "/ports?node={node}&fields=uuid,extra", None),
    ("GET", "/portgroups?node={node}", None),
    ("GET", "/volume/connectors?node={node}", None),
    ("GET", "/volume/targets?node={node}", None),
    ("GET", "/allocations?node={node}", None),
    ("GET", "/nodes?parent_node={node}", None),
    ("GET", "/nodes?marker={node}", None),
    ("PUT", _PROVISION, {"target": "provide"}),
    ("PUT", _PROVISION, {"target": "clean", "clean_steps": _STEPS}),
    ("PUT", _PROVISION, {"target": "clean", "runbook": "{runbook}"}),
    ("PUT", _PROVISION, {"target": "inspect"}),
    ("PUT", "/nodes/{node}/states/power", {"target": "power on"}),
    ("PUT", "/nodes/{node}/states/raid", {"logical_disks": []}),
    ("PUT", "/nodes/{node}/states/boot_mode", {"target": "bios"}),
    ("PATCH", "/nodes/{node}", _set("owner", "{stranger-project}")),
    ("PATCH", "/nodes/{node}", _set("parent_node", "{child}")),
    ("PATCH", "/nodes/{node}", [*_set("extra/x", 1), *_set("owner", "{owner-project}")]),
    ("POST", "/ports", {"uuid": "{new}", "address": "02:00:00:00:00:99", "node_uuid": "{node}"}),
    ("POST", "/volume/targets", {"node_uuid": "{node}", "volume_type": "iscsi", "boot_index": 7}),
    ("POST", "/nodes", {**_NODE, "parent_node": "{node}"}),
    ("POST", "/allocations", {"uuid": "{new}", "node": "{node}"}),
    ("PATCH", "/ports/{port}", _set("node_uuid", "{node}")),
)
_ELSEWHERE: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/nodes", _NODE),
    ("POST", "/nodes", {**_NODE, "owner": "{owner-project}"}),
    ("POST", "/nodes", {**_NODE, "lessee": "{lessee-project}"}),
    ("POST", "/nodes", {**_NODE, "protected": True, "shard": "s2"}),
    ("POST", "/chassis", {"uuid": "{new}"}),
    ("POST", "/runbooks", _RUNBOOK),
    ("POST", "/runbooks", {**_RUNBOOK, "public": True}),
    ("POST", "/runbooks", {**_RUNBOOK, "owner": "{owner-project}"}),
    ("POST", "/allocations", {"uuid": "{new}", "resource_class": "metal", "traits": []}),
    ("PATCH", "/volume/connectors/{connector}", _set("connector_id", "x")),
    ("PATCH", "/ports/{port}", _set("node_uuid", "{other}")),
    ("PATCH", "/ports/{port}", _set("node_uuid", "{tenant}")),
    ("PATCH", "/volume/targets/{target}", _set("node_uuid", "{tenant}")),
    ("GET", "/ports/{other_port}", None),
    ("GET", "/ports/{tenant_port}", None),
    ("DELETE", "/ports/{other_port}", None),
    ("DELETE", "/ports/{tenant_port}", None),
    ("GET", "/nodes?owner={owner-project}", None),
    ("GET", "/nodes?lessee={lessee-project}", None),
    ("GET", "/nodes?project={lessee-project}", None),
    ("GET", "/runbooks?detail=true", None),
    ("GET", "/allocations?owner={owner-project}", None),
)
_EARLY = (("GET", "/nodes/{node}", None), ("GET", "/nodes/detail", None), ("GET", "/ports", None))


def _of_the_matrix(who: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the requests of the access matrix, with the comparison's names of records."""
    for request, _ in access_requests.table():
        name = f"{request} "
        if who not in _ASKED_ALL and not name.startswith(_OF_NODES):
            continue
        if not any(part in name for part in _OURS_ALONE):
            method, path = request.split(" ")[:2]
            body = access_requests.BODIES.get(request)
            yield (
                method,
                _named(path),
                None if body is None else json.loads(_named(json.dumps(body))),
            )


def _named(text: str) -> str:
    for name, ours in _NAMES.items():
        text = text.replace(name if name.startswith("p-") else f"{{{name}}}", ours)
    return text


def cases() -> Iterator[Case]:
    for who in ASKING:
        group = USERS[who][0]
        own = f"{{{'owner' if group == SYSTEM else group}-project}}"
        for method, path, body in (*_of_the_matrix(who), *_ABOUT_A_NODE, *_ELSEWHERE):
            yield Case("roles", method, path, _of(body, "{project}", own), NEWEST, who=who)
        if who not in _ASKED_ALL:
            for method, path, body in _EARLY:
                for minor in (1, 49, 64):
                    yield Case("roles", method, path, body, minor, who=who)
    for who in ("lessee-member", "owner-member"):
        for other in ("{other}", "{tenant}"):
            for method, path, body in (*_of_the_matrix(who), *_ABOUT_A_NODE):
                asked = _of([path, body], "{node}", other)
                if asked != [path, body]:
                    yield Case("roles", method, *asked, NEWEST, who=who)


def _of(value: Any, name: str, other: str) -> Any:
    """Return the value with one record replaced by another."""
    return None if value is None else json.loads(json.dumps(value).replace(name, other))
