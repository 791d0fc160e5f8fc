# SPDX-License-Identifier: Apache-2.0
"""The port: a network interface of a node."""

import re
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, computed

_DATAPATH_ID = re.compile(r"^(0x)?([0-9a-f]{2}:?){7}[0-9a-f]{2}\Z", re.IGNORECASE)


def _is_datapath_id(value: Any) -> bool:
    return isinstance(value, str) and _DATAPATH_ID.match(value) is not None


class _LocalLinkConnection(types.Kind):
    """Where the cable goes: a switch port, or for a smart NIC its host and port."""

    name = "local link connection"
    schema = {
        "type": "object",
        "properties": {
            "port_id": {},
            "switch_id": {"type": "string"},
            "switch_info": {},
            "hostname": {},
            "network_type": {"enum": ["managed", "unmanaged"]},
        },
        "additionalProperties": False,
    }
    forms: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
        (frozenset({"port_id", "switch_id"}), frozenset({"switch_info", "network_type"})),
        (frozenset({"port_id", "hostname"}), frozenset({"network_type"})),
        (frozenset({"network_type"}), frozenset()),
    )

    def check(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not (value == {} or self._fits(set(value))):
            raise ValueError(
                "{name} must hold port_id and switch_id (and may hold switch_info and network_type), or "
                "port_id and hostname, or network_type alone"
            )
        if value.get("network_type", "managed") not in ("managed", "unmanaged"):
            raise ValueError("network_type in {name} must be managed or unmanaged")
        switch = value.get("switch_id")
        if switch is not None and not (types.is_mac(switch) or _is_datapath_id(switch)):
            raise ValueError("switch_id in {name} must be a MAC address or an OpenFlow datapath ID")
        return value

    def _fits(self, keys: set[str]) -> bool:
        return any(needed <= keys <= needed | more for needed, more in self.forms)


_BOTH: dict[str, Any] = {"create": True, "update": True}

PORT = Resource(
    "port",
    "ports",
    (
        Field(name="uuid", kind=types.UUID, create=True, row=True),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(name="address", kind=types.MAC, mandatory=True, row=True, **_BOTH),
        Field(name="extra", kind=types.OBJECT, default={}, sort=False, **_BOTH),
        Field(name="internal_info", kind=types.FACTS, since=18, sort=False),
        Field(name="is_smartnic", kind=types.BOOLEAN, since=53, default=False, **_BOTH),
        Field(
            name="local_link_connection",
            kind=_LocalLinkConnection(),
            since=19,
            default={},
            sort=False,
            **_BOTH,
        ),
        Field(name="physical_network", kind=types.Text(64), since=34, **_BOTH),
        Field(name="pxe_enabled", kind=types.BOOLEAN, since=19, default=True, **_BOTH),
        # Read with the port in one query.
        Field(name="node_uuid", kind=types.UUID_OR_NAME, sort=False, **_BOTH),
        # Another way to say node_uuid, which takes a name too.
        Field(name="node_ident", kind=types.UUID_OR_NAME, since=94, shown=False, **_BOTH),
        Field(name="name", kind=types.TEXT, since=88, update_since=1, **_BOTH),
        Field(name="description", kind=types.TEXT, since=97, update_since=1, **_BOTH),
        Field(name="vendor", kind=types.Text(32), since=100, update_since=1, **_BOTH),
        Field(name="category", kind=types.Text(80), since=101, update_since=1, **_BOTH),
        Field(
            name="available_for_dynamic_portgroup",
            kind=types.BOOLEAN,
            since=111,
            update_since=1,
            default=True,
            **_BOTH,
        ),
        Field(name="portgroup_uuid", kind=types.UUID, since=24, sort=False, **_BOTH),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("uuid",),
            reader=computed(lambda row, view: view.links(f"ports/{row['uuid']}")),
            row=True,
        ),
    ),
)
