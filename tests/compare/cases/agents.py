# SPDX-License-Identifier: Apache-2.0
"""Requests of ramdisks and other services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.compare import world
from tests.compare.case import Case, around, at

_BEAT = {"callback_url": "http://127.0.0.1:9999", "agent_token": "x" * 40, "agent_version": "9"}
_EVENT = {
    "event": "network.bind_port",
    "port_id": "{new}",
    "mac_address": "02:00:00:00:00:01",
    "status": "ACTIVE",
}

_LOOKUPS = (
    "",
    "?addresses=02:00:00:00:00:01",
    "?addresses=02:00:00:00:00:01,nonsense",
    "?addresses=nonsense",
    "?addresses=02:00:00:00:00:99",
    "?addresses=02:00:00:00:00:01&node_uuid={node}",
    "?node_uuid={node}",
    "?node_uuid={missing}",
    "?node_uuid=alpha",
    "?node_uuid={node}&nonsense=1",
)
_BEATS: tuple[Any, ...] = (
    _BEAT,
    {},
    [],
    {**_BEAT, "nonsense": 1},
    {k: v for k, v in _BEAT.items() if k != "callback_url"},
    {k: v for k, v in _BEAT.items() if k != "agent_token"},
    {**_BEAT, "callback_url": "nonsense"},
    {**_BEAT, "agent_version": None},
    {**_BEAT, "agent_verify_ca": "x"},
    {**_BEAT, "agent_status": "start"},
    {**_BEAT, "agent_status": "nonsense"},
    {**_BEAT, "agent_status": "error", "agent_status_message": "x"},
    {**_BEAT, "node_ident": "{node}"},
)
_INSPECTIONS: tuple[Any, ...] = (
    {},
    [],
    "x",
    {"inventory": {}},
    {"inventory": {"interfaces": []}},
    {"inventory": {"interfaces": [{"name": "e", "mac_address": "02:00:00:00:00:01"}]}},
    {
        "inventory": {
            "interfaces": [{"name": "e", "mac_address": "02:00:00:00:00:01"}],
            "cpu": {"count": 1, "architecture": "x86_64"},
            "memory": {"physical_mb": 1024},
            "disks": [],
            "bmc_address": "192.0.2.1",
            "boot": {"pxe_interface": "02:00:00:00:00:01"},
        }
    },
)


def cases() -> Iterator[Case]:
    for state in ("manageable", "clean wait", "inspect wait", "active"):
        for query in _LOOKUPS:
            yield Case("agents", "GET", f"/lookup{query}", scene=world.scene(state))
    for beat in _BEATS:
        for ident in ("{node}", "alpha", "{missing}", "nobody"):
            case = Case("agents", "POST", f"/heartbeat/{ident}", beat)
            yield from at(around(36, 68, 72) if ident == "{node}" else (115,), case)
    for ident in ("{node}", "alpha", "{missing}", "nobody", "", None, 1):
        yield from at(
            around(22), Case("agents", "POST", "/heartbeat", {**_BEAT, "node_ident": ident})
        )
    yield Case("agents", "POST", "/heartbeat", _BEAT)
    for state in ("manageable", "inspect wait", "inspecting"):
        for body in _INSPECTIONS:
            for query in ("", "?node_uuid={node}", "?node_uuid={missing}"):
                yield Case(
                    "agents",
                    "POST",
                    f"/continue_inspection{query}",
                    body,
                    scene=world.scene(state),
                )
    for events in (
        [_EVENT],
        [],
        None,
        {},
        [{}],
        [{**_EVENT, "event": "nonsense"}],
        [{**_EVENT, "status": "nonsense"}],
        [{**_EVENT, "mac_address": "nonsense"}],
        [{**_EVENT, "port_id": "nonsense"}],
        [
            {
                **_EVENT,
                "device_id": "{node}",
                "binding:host_id": "x",
                "binding:vnic_type": "baremetal",
            }
        ],
        [{**_EVENT, "device_id": "nonsense"}],
        [{**_EVENT, "nonsense": 1}],
        [_EVENT, _EVENT],
    ):
        yield from at(around(54), Case("agents", "POST", "/events", {"events": events}))
