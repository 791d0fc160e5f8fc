# SPDX-License-Identifier: Apache-2.0
"""Servers that boot from volumes: their volume connectors and targets, and what they booted."""

from typing import Any

from tests.functional.deployment import Deployment
from tests.functional.rack.cloud import Cloud, Server


def iqn(node: str) -> str:
    """The initiator name of a node in the tests."""
    return f"iqn.2026-11.org.example:{node}"


def add_connector(service: Deployment, node: str, kind: str, name: str) -> str:
    """The UUID of a new connector."""
    body = {"node_uuid": node, "type": kind, "connector_id": name}
    made: str = service.call("POST", "/v1/volume/connectors", body)["uuid"]
    return made


def add_target(service: Deployment, node: str, volume: str, boot_index: int, **values: Any) -> str:
    """The UUID of a new target of type iSCSI."""
    body = {
        "node_uuid": node,
        "volume_id": volume,
        "volume_type": "iscsi",
        "boot_index": boot_index,
        **values,
    }
    made: str = service.call("POST", "/v1/volume/targets", body)["uuid"]
    return made


def enrol(cloud: Cloud, **fields: Any) -> Server:
    """An available server that can boot over iSCSI."""
    server = cloud.enrol_available(
        **{
            "storage_interface": "cinder",
            "properties": {"capabilities": "iscsi_boot:true"},
            **fields,
        }
    )
    add_connector(cloud.service, server.node, "iqn", iqn(server.node))
    return server


def properties(cloud: Cloud, target: str) -> dict[str, Any]:
    """The properties of a volume target as the API shows them."""
    shown: dict[str, Any] = cloud.service.call("GET", f"/v1/volume/targets/{target}")["properties"]
    return shown


def booted(server: Server) -> dict[str, Any]:
    """What the journal says about the last boot."""
    server.wait_booted()
    entries = [e for e in server.journal("machine") if e.details.get("phase") == "booted"]
    return entries[-1].details
