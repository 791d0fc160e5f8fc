# SPDX-License-Identifier: Apache-2.0
"""One record of each plain resource, and several that differ."""

from typing import Any

from ironic_lite import objects
from ironic_lite.common import context

UUIDS = tuple(f"11111111-aaaa-4aaa-8aaa-00000000000{digit}" for digit in range(10))

OF_NODE = {
    objects.Port: {"address": "52:54:00:00:{0:02x}:{1:02x}"},
    objects.Portgroup: {"name": "group-{0}-{1}", "address": "52:54:01:00:{0:02x}:{1:02x}"},
    objects.VolumeConnector: {"type": "iqn", "connector_id": "iqn.2024-01.test:{0}-{1}"},
    objects.VolumeTarget: {"volume_type": "iscsi", "volume_id": "volume-{0}-{1}"},
    objects.NodeHistory: {"event": "happened {1}", "severity": "ERROR", "event_type": "power"},
}
OF_NOBODY = {
    objects.Chassis: {"description": "number {1}"},
    objects.Allocation: {"name": "allocation-{1}", "resource_class": "large"},
    objects.DeployTemplate: {"name": "CUSTOM_T{1}"},
    objects.Runbook: {"name": "CUSTOM_R{1}"},
    objects.InspectionRule: {"description": "number {1}"},
}
ALL = {**OF_NODE, **OF_NOBODY}


def make_node(admin: context.RequestContext, **values: Any) -> objects.Node:
    node = objects.Node(admin, **{"driver": "ipmi", **values})
    node.create()
    return node


def make(
    record: Any, admin: context.RequestContext, node: objects.Node, number: int = 0, **values: Any
) -> Any:
    """Create record ``number`` of this kind, of the node if they belong to one."""
    given: dict[str, Any] = {
        name: text.format(node.id % 256, number) for name, text in ALL[record].items()
    }
    if record in OF_NODE:
        given["node_id"] = node.id
    if record is objects.VolumeTarget:
        given["boot_index"] = number
    made = record(admin, **{**given, **values})
    made.create()
    return made
