# SPDX-License-Identifier: Apache-2.0
"""The payloads of notifications, under the names and versions of Ironic's payloads.

Secrets are masked as in replies of the API.
"""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import redaction
from ironic_lite.db.allocations import allocations
from ironic_lite.db.chassis import chassis
from ironic_lite.db.models.base import facts_of
from ironic_lite.db.nodes import nodes
from ironic_lite.db.ports import portgroups, ports
from ironic_lite.db.repository import Repository
from ironic_lite.db.templates_and_rules import deploy_templates, inspection_rules, runbooks
from ironic_lite.db.types import FailureText, Remark
from ironic_lite.db.volumes import volume_connectors, volume_targets

Row = dict[str, Any]


class Payload:
    """A kind of payload: the columns with ``notified``, and the further fields that consumers expect.

    :param name: the name of Ironic's versioned object.
    :param version: the version of that object that has these fields.
    :param of: the repository of the record.
    :param also: further fields; those that are no columns are null unless they are given.
    """

    def __init__(self, name: str, version: str, of: Repository, also: Iterable[str] = ()):
        self.name = name
        self.version = version
        columns = of.columns
        names = [name for name, column in columns.items() if facts_of(column).notified]
        self.fields = {name: _converter(columns.get(name)) for name in (*names, *also)}

    def of(self, row: Row, **own: Any) -> Row:
        """Return the payload for a record with these columns; missing ones are null.

        :param own: fields that the record lacks, or that replace its columns.
        """
        data = {**{name: convert(row.get(name)) for name, convert in self.fields.items()}, **own}
        return {
            "ironic_object.name": self.name,
            "ironic_object.namespace": "ironic",
            "ironic_object.version": self.version,
            "ironic_object.data": data,
        }


_WITHHELD = {"redacted_contents": "** Not published in notifications. **"}


def _converter(column: sa.ColumnElement[Any] | None) -> Callable[[Any], Any]:
    """Return the function that converts and masks a value of this column."""
    if column is None:
        return _plain
    if isinstance(column.type, FailureText | Remark):
        return lambda text: redaction.mask_text(text) if text else text
    secret = facts_of(column).secret
    also = secret.also if secret else frozenset()
    return lambda value: _plain(value, also)


def _plain(value: Any, also: frozenset[str] = frozenset()) -> Any:
    if isinstance(value, datetime.datetime):
        # The date format of oslo.versionedobjects.
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return redaction.mask(value, also) if isinstance(value, dict | list) else value


NODE = Payload("NodePayload", "1.17", nodes, ["traits"])
NODE_CRUD = Payload(
    "NodeCRUDPayload", "1.15", nodes, ["traits", "chassis_uuid", "driver_info", "instance_info"]
)
NODE_PROVISION = Payload(
    "NodeSetProvisionStatePayload",
    "1.18",
    nodes,
    ["traits", "instance_info", "driver_internal_info"],
)
NODE_POWER = Payload("NodeSetPowerStatePayload", "1.17", nodes, ["traits"])
NODE_CORRECTED = Payload("NodeCorrectedPowerStatePayload", "1.17", nodes, ["traits"])


class _VolumeTarget(Payload):
    def of(self, row: Row, **own: Any) -> Row:
        # The properties of a volume are mostly credentials.
        withheld = _WITHHELD if row.get("properties") else {}
        return super().of({**row, "properties": withheld}, **own)


class _InspectionRule(Payload):
    def of(self, row: Row, **own: Any) -> Row:
        if row.get("sensitive"):
            row = {**row, "conditions": [_WITHHELD], "actions": [_WITHHELD]}
        return super().of(row, **own)


CRUD: dict[str, Payload] = {
    "Node": NODE_CRUD,
    "Port": Payload("PortCRUDPayload", "1.8", ports, ["node_uuid", "portgroup_uuid"]),
    "Portgroup": Payload("PortgroupCRUDPayload", "1.3", portgroups, ["node_uuid"]),
    "Chassis": Payload("ChassisCRUDPayload", "1.0", chassis),
    "VolumeConnector": Payload(
        "VolumeConnectorCRUDPayload", "1.0", volume_connectors, ["node_uuid"]
    ),
    "VolumeTarget": _VolumeTarget("VolumeTargetCRUDPayload", "1.0", volume_targets, ["node_uuid"]),
    "Allocation": Payload("AllocationCRUDPayload", "1.1", allocations, ["node_uuid"]),
    "DeployTemplate": Payload("DeployTemplateCRUDPayload", "1.0", deploy_templates),
    "InspectionRule": _InspectionRule(
        "InspectionRuleCRUDPayload", "1.0", inspection_rules, ["scope"]
    ),
    "Runbook": Payload("RunbookCRUDPayload", "1.1", runbooks, ["traits"]),
}
"""``{object's name: the payload when a client creates, changes or deletes one}``."""
