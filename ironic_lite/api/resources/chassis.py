# SPDX-License-Identifier: Apache-2.0
"""The chassis: a group of nodes."""

from ironic_lite import objects
from ironic_lite.api.resources.field import BOTH, Field, links
from ironic_lite.api.resources.resource import Resource

CHASSIS = Resource(
    "chassis",
    "chassis",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="description", row=True, **BOTH),
        Field(name="extra", **BOTH),
        links("chassis"),
        links("chassis", "nodes", "/nodes", row=False),
    ),
    record=objects.Chassis,
)
