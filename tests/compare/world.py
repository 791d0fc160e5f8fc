# SPDX-License-Identifier: Apache-2.0
"""The records that the requests are about, and the scenes of the node ``{node}``.

Both services get their records through the API. Data that only hardware provides (BIOS settings, an inventory) and all
scenes are written into both databases; the stories go from state to state through the API.
"""

from __future__ import annotations

from typing import Any

from tests.compare.case import IDS, Scene

HOST = "compare"

_STEP = {"interface": "deploy", "step": "deploy", "args": {"a": 1}, "priority": 150}
_ORDERED = {"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}

REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/chassis", {"uuid": "{chassis}", "description": "rack", "extra": {"a": 1}}),
    (
        "POST",
        "/nodes",
        {
            "uuid": "{node}",
            "name": "alpha",
            "driver": "fake-hardware",
            "chassis_uuid": "{chassis}",
            "resource_class": "metal",
            "driver_info": {"a": 1, "some_password": "secret"},
            "properties": {"cpus": 4, "local_gb": 100, "capabilities": "boot_mode:uefi"},
            "extra": {"a": {"b": 1}},
            "description": "the one",
            "instance_info": {"image_source": "http://127.0.0.1:1/i", "capabilities": {"a": "b"}},
        },
    ),
    ("PUT", "/nodes/{node}/traits", {"traits": ["CUSTOM_A", "HW_CPU_X86_VMX"]}),
    ("POST", "/nodes", {"uuid": "{other}", "name": "beta", "driver": "fake-hardware"}),
    (
        "POST",
        "/nodes",
        {
            "uuid": "{tenant}",
            "name": "gamma",
            "driver": "fake-hardware",
            "resource_class": "taken",
            "properties": {"cpu_arch": "x86_64"},
        },
    ),
    (
        "POST",
        "/nodes",
        {"uuid": "{child}", "name": "delta", "driver": "fake-hardware", "parent_node": "{other}"},
    ),
    (
        "POST",
        "/portgroups",
        {
            "uuid": "{portgroup}",
            "name": "bond0",
            "node_uuid": "{node}",
            "address": "02:00:00:00:01:01",
            "properties": {"miimon": 100},
        },
    ),
    ("POST", "/portgroups", {"uuid": "{empty_group}", "name": "bond1", "node_uuid": "{node}"}),
    (
        "POST",
        "/ports",
        {
            "uuid": "{port}",
            "name": "eth0",
            "node_uuid": "{node}",
            "address": "02:00:00:00:00:01",
            "local_link_connection": {"switch_id": "02:00:00:00:09:01", "port_id": "e1"},
            "description": "the first",
        },
    ),
    (
        "POST",
        "/ports",
        {
            "uuid": "{member}",
            "node_uuid": "{node}",
            "address": "02:00:00:00:00:02",
            "portgroup_uuid": "{portgroup}",
            "physical_network": "physnet1",
        },
    ),
    (
        "POST",
        "/volume/connectors",
        {
            "uuid": "{connector}",
            "node_uuid": "{node}",
            "type": "iqn",
            "connector_id": "iqn.2026-01.org.example:one",
        },
    ),
    (
        "POST",
        "/volume/targets",
        {
            "uuid": "{target}",
            "node_uuid": "{node}",
            "volume_type": "iscsi",
            "boot_index": 0,
            "volume_id": "v1",
            "properties": {"auth_password": "secret", "target_portal": "127.0.0.1:3260"},
        },
    ),
    ("POST", "/deploy_templates", {"uuid": "{template}", "name": "CUSTOM_T", "steps": [_STEP]}),
    (
        "POST",
        "/runbooks",
        {"uuid": "{runbook}", "name": "CUSTOM_A", "steps": [_ORDERED]},
    ),
    ("PUT", "/runbooks/{runbook}/traits", {"traits": ["CUSTOM_A"]}),
    (
        "POST",
        "/inspection_rules",
        {
            "uuid": "{rule}",
            "description": "a rule",
            "conditions": [{"op": "is-true", "args": {"value": "{inventory[memory][x]}"}}],
            "actions": [{"op": "fail", "args": {"msg": "no"}}],
        },
    ),
    (
        "POST",
        "/allocations",
        {"uuid": "{failed_allocation}", "name": "hopeless", "resource_class": "no-such-class"},
    ),
]

CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "nodes",
        IDS["node"],
        {"provision_state": "manageable", "power_state": "power off", "shard": "s1"},
    ),
    ("nodes", IDS["other"], {"provision_state": "available", "power_state": "power off"}),
    (
        "nodes",
        IDS["tenant"],
        {
            "provision_state": "active",
            "power_state": "power on",
            "instance_uuid": IDS["instance"],
            "instance_name": "server",
        },
    ),
]

LATER: list[tuple[str, str, Any]] = [
    ("POST", "/allocations", {"name": "taken", "node": "{tenant}"}),
]
"""What needs the nodes in their states."""

OF_OTHERS: list[tuple[str, str, Any]] = [
    (
        "POST",
        "/ports",
        {"uuid": f"{{{name}_port}}", "node_uuid": f"{{{name}}}", "address": address},
    )
    for name, address in (("other", "02:00:00:00:00:03"), ("tenant", "02:00:00:00:00:04"))
]
"""What is there besides where roles are asked for."""

OWNERS: list[tuple[str, str, dict[str, str]]] = [
    ("nodes", IDS["node"], {"owner": "{owner-project}", "lessee": "{lessee-project}"}),
    ("nodes", IDS["other"], {"owner": "{owner-project}"}),
    ("nodes", IDS["child"], {"owner": "{stranger-project}"}),
    ("runbooks", IDS["runbook"], {"owner": "{owner-project}"}),
    ("allocations", IDS["failed_allocation"], {"owner": "{owner-project}"}),
]

ROWS: list[tuple[str, dict[str, Any]]] = [
    (
        "bios_settings",
        {
            "name": "virtualization",
            "value": "on",
            "attribute_type": "Enumeration",
            "allowable_values": ["on", "off"],
            "read_only": False,
        },
    ),
    (
        "node_history",
        {
            "uuid": "e4000000-0000-4000-8000-000000000001",
            "conductor": HOST,
            "event_type": "provision",
            "severity": "ERROR",
            "event": "it failed",
            "user": "someone",
        },
    ),
    (
        "node_inventory",
        {"inventory_data": {"memory": {"physical_mb": 1}}, "plugin_data": {"root_disk": {}}},
    ),
    *(
        (table, {"component": "bmc", "initial_version": "1", "current_version": "2"})
        for table in ("firmware_information", "firmware_components")
    ),
]

_TARGETS = {
    "verifying": "manageable",
    "deploying": "active",
    "wait call-back": "active",
    "deploy hold": "active",
    "deploy failed": "active",
    "deleting": "available",
    "cleaning": "available",
    "clean wait": "available",
    "clean hold": "available",
    "clean failed": "available",
    "inspecting": "manageable",
    "inspect wait": "manageable",
    "inspect failed": "manageable",
    "adopting": "active",
    "adopt failed": "active",
    "rescuing": "rescue",
    "rescue wait": "rescue",
    "rescue failed": "rescue",
    "unrescuing": "active",
    "unrescue failed": "active",
    "servicing": "active",
    "service wait": "active",
    "service hold": "active",
    "service failed": "active",
}
_AT_REST = ("enroll", "manageable", "available", "active", "error", "rescue")
_WORKING = (
    "verifying",
    "deploying",
    "deleting",
    "cleaning",
    "inspecting",
    "adopting",
    "rescuing",
    "unrescuing",
    "servicing",
)


def scene(state: str, *, maintenance: bool = False, power: str | None = "power off") -> Scene:
    """Return the scene of a provision state; in a working state a conductor holds the node's lock."""
    columns: dict[str, Any] = {
        "provision_state": state,
        "target_provision_state": _TARGETS.get(state),
        "maintenance": maintenance,
        "power_state": power,
    }
    if state in _WORKING:
        columns |= {"reservation": HOST, "reservation_token": "of-the-comparison"}
    name = state
    if power != "power off":
        name += f", {power or 'power unknown'}"
    return Scene(name + (", maintenance" if maintenance else ""), columns)


STATES = (*_AT_REST, *_TARGETS)
RESTING = tuple(state for state in STATES if state not in _WORKING)

LOCKED = Scene(
    "manageable, locked",
    {**scene("manageable").columns, "reservation": HOST, "reservation_token": "of-the-comparison"},
)
MANAGEABLE = scene("manageable")
AVAILABLE = scene("available")
ACTIVE = scene("active")
