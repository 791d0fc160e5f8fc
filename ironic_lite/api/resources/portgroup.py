# SPDX-License-Identifier: Apache-2.0
"""The port group: ports of a node that its operating system uses as one."""

from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, computed


def _links(suffix: str = "") -> Any:
    return computed(lambda row, view: view.links(f"portgroups/{row['uuid']}{suffix}"))


_BOTH: dict[str, Any] = {"create": True, "update": True}

PORTGROUP = Resource(
    "portgroup",
    "portgroups",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="address", filter=types.MAC, row=True, **_BOTH),
        Field(name="extra", **_BOTH),
        Field(name="internal_info"),
        # Operating systems define the modes, so any text is valid.
        Field(name="mode", since=26, removable_since=None, **_BOTH),
        Field(name="name", row=True, **_BOTH),
        Field(name="properties", since=26, **_BOTH),
        Field(name="standalone_ports_supported", **_BOTH),
        # Read with the port group in one query.
        Field(name="node_uuid", kind=types.UUID_OR_NAME, mandatory=True, **_BOTH),
        Field(name="physical_network", kind=types.Text(64, min_length=1), since=102, **_BOTH),
        Field(name="category", since=103, **_BOTH),
        Field(name="dynamic_portgroup", since=111),
        Field(name="links", kind=types.LINKS, columns=("uuid",), reader=_links(), row=True),
        Field(name="ports", kind=types.LINKS, columns=("uuid",), reader=_links("/ports")),
    ),
    record=objects.Portgroup,
)
