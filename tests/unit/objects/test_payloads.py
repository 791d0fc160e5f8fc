# SPDX-License-Identifier: Apache-2.0
"""The payloads of notifications have the fields of their versions, which consumers read."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.conductor.notifications import node_notifications
from ironic_lite.objects import notification_outbox, payloads

KNOWN: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "payload_fields.json").read_text()
)
"""``{payload and version: its fields}``."""

PAYLOADS = {
    f"{payload.name} {payload.version}": payload
    for payload in (
        payloads.NODE,
        payloads.NODE_PROVISION,
        payloads.NODE_POWER,
        payloads.NODE_CORRECTED,
        *payloads.CRUD.values(),
    )
}


def test_no_payload_loses_a_field_within_its_version() -> None:
    assert PAYLOADS.keys() == KNOWN.keys()
    lost = {name: set(fields) - PAYLOADS[name].fields.keys() for name, fields in KNOWN.items()}
    assert {name: fields for name, fields in lost.items() if fields} == {}


def test_the_fields_of_events_of_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, set[str]]] = []

    def change(*args: Any, **own: Any) -> None:
        sent.append((args[2], set(own)))

    monkeypatch.setattr(notification_outbox, "change", change)
    monkeypatch.setattr(node_notifications.identity, "current", lambda: SimpleNamespace(host="one"))
    node = SimpleNamespace(_context=None, provision_state="active", target_provision_state=None)
    node_notifications.provision(node, "done", "deploying", "active", starts=False)
    node_notifications.power(node, "end", "power on")
    node_notifications.power_corrected(node, "power off")
    node_notifications.console(node, "end")
    states = {"provision_state", "target_provision_state"}
    assert sent == [
        (
            "baremetal.node.provision_set",
            {"event", *states, *(f"previous_{name}" for name in states)},
        ),
        ("baremetal.node.power_set", {"to_power"}),
        ("baremetal.node.power_state_corrected", {"from_power"}),
        ("baremetal.node.console_set", set()),
    ]
