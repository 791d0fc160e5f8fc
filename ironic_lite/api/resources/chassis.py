# SPDX-License-Identifier: Apache-2.0
"""The chassis: a group of nodes."""

from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, computed


def _links(suffix: str = "") -> Any:
    return computed(lambda row, view: view.links(f"chassis/{row['uuid']}{suffix}"))


_BOTH: dict[str, Any] = {"create": True, "update": True}

CHASSIS = Resource(
    "chassis",
    "chassis",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="description", row=True, **_BOTH),
        Field(name="extra", **_BOTH),
        Field(name="links", kind=types.LINKS, columns=("uuid",), reader=_links(), row=True),
        Field(name="nodes", kind=types.LINKS, columns=("uuid",), reader=_links("/nodes")),
    ),
    record=objects.Chassis,
)
