# SPDX-License-Identifier: Apache-2.0
"""The port: a network interface of a node."""

import re
from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, Reader, Row, links
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import View

_DATAPATH_ID = re.compile(r"^(0x)?([0-9a-f]{2}:?){7}[0-9a-f]{2}\Z", re.IGNORECASE)


def _is_datapath_id(value: Any) -> bool:
    return isinstance(value, str) and _DATAPATH_ID.match(value) is not None


_NETWORK_TYPE_SINCE = 64
_VTEP = frozenset({"vtep-logical-switch", "vtep-physical-switch"})
_VTEP_VERSIONS = range(90, 105)


class _LocalLinkConnection(types.Kind):
    """The other end of the cable: a switch port, the host and port of a smart NIC, or a port of an OVN VTEP switch."""

    name = "local link connection"
    schema = {
        "type": "object",
        "properties": {
            "port_id": {"type": "string"},
            "switch_id": {"type": "string"},
            "switch_info": {"type": "string"},
            "hostname": {"type": "string"},
            "vtep-logical-switch": {"type": "string"},
            "vtep-physical-switch": {"type": "string"},
            "network_type": {"enum": ["managed", "unmanaged"]},
        },
        "additionalProperties": False,
    }
    _keys = frozenset(schema["properties"])
    _needed = (
        frozenset({"port_id", "switch_id"}),
        frozenset({"port_id", "hostname"}),
        frozenset({"port_id", *_VTEP}),
    )

    def check(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not (value == {} or self._fits(value)):
            raise ValueError(
                "{name} must hold port_id with switch_id, with hostname, or with both vtep-logical-switch and "
                "vtep-physical-switch; or network_type unmanaged. Besides it may hold "
                + ", ".join(sorted(self._keys))
            )
        for key, part in value.items():
            if not isinstance(part, str):
                raise ValueError(f"{key} in {{name}} must be a string")
        if value.get("network_type", "managed") not in ("managed", "unmanaged"):
            raise ValueError("network_type in {name} must be managed or unmanaged")
        switch = value.get("switch_id")
        if switch is None:
            return value
        if not (types.is_mac(switch) or _is_datapath_id(switch)):
            raise ValueError("switch_id in {name} must be a MAC address or an OpenFlow datapath ID")
        return {**value, "switch_id": switch.lower()}

    def _fits(self, value: dict[str, Any]) -> bool:
        keys = set(value)
        whole = keys <= self._keys and (keys >= _VTEP or not keys & _VTEP)
        unmanaged = value.get("network_type") == "unmanaged"
        return whole and (unmanaged or any(needed <= keys for needed in self._needed))


def _is_of_another_version(link: Any, minor: int) -> bool:
    """Whether a link has keys that this microversion does not have yet, or does not have any more."""
    if not isinstance(link, dict):
        return False
    return ("network_type" in link and minor < _NETWORK_TYPE_SINCE) or bool(
        _VTEP & set(link) and minor not in _VTEP_VERSIONS
    )


def _link_at(minor: int) -> Reader | None:
    """Return the reader that hides links to OVN VTEP switches from microversions without them."""
    if minor in _VTEP_VERSIONS:
        return None

    def read(row: Row, view: View) -> Any:
        link = row["local_link_connection"]
        return {} if link and _VTEP & set(link) else link

    return read


PORT = Resource(
    "port",
    "ports",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="address", filter=types.MAC, mandatory=True, row=True, **BOTH),
        Field(name="extra", **BOTH),
        Field(name="internal_info", since=18),
        Field(name="is_smartnic", since=53, **BOTH),
        Field(
            name="local_link_connection",
            kind=_LocalLinkConnection(),
            since=19,
            unknown_at=_is_of_another_version,
            reader=_link_at,
            **BOTH,
        ),
        Field(name="physical_network", kind=types.Text(64, min_length=1), since=34, **BOTH),
        Field(name="pxe_enabled", since=19, **BOTH),
        # Read with the port in one query.
        Field(name="node_uuid", filter=types.UUID, kind=types.UUID_OR_NAME, **BOTH),
        # The same as node_uuid, for requests only.
        Field(name="node_ident", kind=types.UUID_OR_NAME, since=94, shown=False, **BOTH),
        Field(name="name", since=88, update_since=1, **BOTH),
        Field(name="description", since=97, update_since=1, **BOTH),
        Field(name="vendor", since=100, update_since=1, **BOTH),
        Field(name="category", since=101, update_since=1, **BOTH),
        Field(name="available_for_dynamic_portgroup", since=111, update_since=1, **BOTH),
        Field(name="portgroup_uuid", since=24, **BOTH),
        links("ports"),
    ),
    record=objects.Port,
)
