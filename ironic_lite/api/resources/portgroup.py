# SPDX-License-Identifier: Apache-2.0
"""The port group: ports of a node that its operating system uses as one."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, links
from ironic_lite.api.resources.resource import Resource

PORTGROUP = Resource(
    "portgroup",
    "portgroups",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="address", filter=types.MAC, row=True, **BOTH),
        Field(name="extra", **BOTH),
        Field(name="internal_info"),
        # Operating systems define the modes, so any text is valid.
        Field(name="mode", since=26, removable_since=None, **BOTH),
        Field(name="name", row=True, **BOTH),
        Field(name="properties", since=26, **BOTH),
        Field(name="standalone_ports_supported", **BOTH),
        # Read with the port group in one query.
        Field(name="node_uuid", kind=types.UUID_OR_NAME, mandatory=True, **BOTH),
        Field(name="physical_network", kind=types.Text(64, min_length=1), since=102, **BOTH),
        Field(name="category", since=103, **BOTH),
        Field(name="dynamic_portgroup", since=111),
        links("portgroups"),
        links("portgroups", "ports", "/ports", row=False),
    ),
    record=objects.Portgroup,
)
