# SPDX-License-Identifier: Apache-2.0
"""The chassis: what nodes stand in."""

from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, computed


def _links(suffix: str = "") -> Any:
    return computed(lambda row, view: view.links(f"chassis/{row['uuid']}{suffix}"))


_BOTH: dict[str, Any] = {"create": True, "update": True}

CHASSIS = Resource(
    "chassis",
    "chassis",
    (
        Field(name="uuid", kind=types.UUID, create=True, row=True),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(name="description", kind=types.TEXT, row=True, **_BOTH),
        Field(name="extra", kind=types.OBJECT, default={}, sort=False, **_BOTH),
        Field(name="links", kind=types.LINKS, columns=("uuid",), reader=_links(), row=True),
        Field(name="nodes", kind=types.LINKS, columns=("uuid",), reader=_links("/nodes")),
    ),
)
