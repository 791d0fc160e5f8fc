# SPDX-License-Identifier: Apache-2.0
"""What notifications tell of each record: the names and versions of Ironic's payloads, and their fields.

Secrets do not leave the service: they are masked as in replies of the API.
"""

import dataclasses
import datetime
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.common.interface_types import INTERFACE_TYPES

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Payload:
    """One kind of payload.

    :param name: of the versioned object that consumers take it for.
    :param version: of that object, whose fields these are.
    """

    name: str
    version: str
    fields: tuple[str, ...]

    def of(self, row: Row, **own: Any) -> Row:
        """The payload for a record with these columns; missing ones are null.

        :param own: the fields that the record does not have, or has otherwise.
        """
        data = {**{name: _plain(name, row.get(name)) for name in self.fields}, **own}
        return {
            "ironic_object.name": self.name,
            "ironic_object.namespace": "ironic",
            "ironic_object.version": self.version,
            "ironic_object.data": data,
        }


_WITHHELD = {"redacted_contents": "** Not published in notifications. **"}

_TOLD = frozenset({"last_error", "maintenance_reason", "protected_reason", "retired_reason"})
"""Texts that may quote what went wrong."""


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        # The form in which oslo.versionedobjects sends them.
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if name == "instance_info":
        return redaction.mask_instance_info(value)
    if isinstance(value, (dict, list)):
        return redaction.mask(value)
    return redaction.mask_text(value) if value and name in _TOLD else value


_MOMENTS = ("created_at", "updated_at")
# Ironic's payloads of these versions do not have the newest of them.
_INTERFACES = tuple(f"{kind}_interface" for kind in INTERFACE_TYPES if kind != "firmware")
_NODE = (
    *_INTERFACES,
    *("clean_step", "conductor_group", "console_enabled", "deploy_step", "description"),
    *("disable_power_off", "driver", "extra", "boot_mode", "secure_boot"),
    *("inspection_finished_at", "inspection_started_at", "instance_uuid", "last_error"),
    *("maintenance", "maintenance_reason", "fault", "name", "owner", "lessee", "power_state"),
    *("properties", "protected", "protected_reason", "provision_state", "provision_updated_at"),
    *("resource_class", "retired", "retired_reason", "target_power_state"),
    *("target_provision_state", "traits", "uuid", *_MOMENTS),
)

NODE = Payload("NodePayload", "1.17", _NODE)
NODE_CRUD = Payload(
    "NodeCRUDPayload", "1.15", (*_NODE, "chassis_uuid", "driver_info", "instance_info")
)
NODE_PROVISION = Payload(
    "NodeSetProvisionStatePayload",
    "1.18",
    (*_NODE, "instance_info", "driver_internal_info"),
)
NODE_POWER = Payload("NodeSetPowerStatePayload", "1.17", _NODE)
NODE_CORRECTED = Payload("NodeCorrectedPowerStatePayload", "1.17", _NODE)


class _VolumeTarget(Payload):
    def of(self, row: Row, **own: Any) -> Row:
        # How to reach a volume is mostly how to log in there.
        withheld = _WITHHELD if row.get("properties") else {}
        return super().of({**row, "properties": withheld}, **own)


class _InspectionRule(Payload):
    def of(self, row: Row, **own: Any) -> Row:
        if row.get("sensitive"):
            row = {**row, "conditions": [_WITHHELD], "actions": [_WITHHELD]}
        return super().of(row, **own)


CRUD: dict[str, Payload] = {
    "Node": NODE_CRUD,
    "Port": Payload(
        "PortCRUDPayload",
        "1.8",
        (
            *("address", "available_for_dynamic_portgroup", "category", "description", "extra"),
            *("is_smartnic", "local_link_connection", "name", "node_uuid", "physical_network"),
            *("portgroup_uuid", "pxe_enabled", "uuid", "vendor", *_MOMENTS),
        ),
    ),
    "Portgroup": Payload(
        "PortgroupCRUDPayload",
        "1.3",
        (
            *("address", "category", "dynamic_portgroup", "extra", "mode", "name", "node_uuid"),
            *("physical_network", "properties", "standalone_ports_supported", "uuid", *_MOMENTS),
        ),
    ),
    "Chassis": Payload("ChassisCRUDPayload", "1.0", ("description", "extra", "uuid", *_MOMENTS)),
    "VolumeConnector": Payload(
        "VolumeConnectorCRUDPayload",
        "1.0",
        ("connector_id", "extra", "node_uuid", "type", "uuid", *_MOMENTS),
    ),
    "VolumeTarget": _VolumeTarget(
        "VolumeTargetCRUDPayload",
        "1.0",
        (
            *("boot_index", "extra", "node_uuid", "properties", "uuid", "volume_id"),
            *("volume_type", *_MOMENTS),
        ),
    ),
    "Allocation": Payload(
        "AllocationCRUDPayload",
        "1.1",
        (
            *("candidate_nodes", "extra", "last_error", "name", "node_uuid", "owner"),
            *("resource_class", "state", "traits", "uuid", *_MOMENTS),
        ),
    ),
    "DeployTemplate": Payload(
        "DeployTemplateCRUDPayload", "1.0", ("extra", "name", "steps", "uuid", *_MOMENTS)
    ),
    "InspectionRule": _InspectionRule(
        "InspectionRuleCRUDPayload",
        "1.0",
        (
            *("actions", "conditions", "description", "phase", "priority", "scope", "sensitive"),
            *("uuid", *_MOMENTS),
        ),
    ),
    "Runbook": Payload(
        "RunbookCRUDPayload",
        "1.1",
        (
            *("description", "disable_ramdisk", "extra", "name", "owner", "public", "steps"),
            *("traits", "uuid", *_MOMENTS),
        ),
    ),
}
"""By the object's name: what is told when a client creates, changes or deletes one."""
