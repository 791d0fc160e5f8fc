# SPDX-License-Identifier: Apache-2.0
"""The event in the history of a node."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import Field, Row, computed
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import View


def _links(row: Row, view: View) -> object:
    href = f"{view.base}/v1/nodes/{row['node_uuid']}/history/{row['uuid']}"
    return [{"href": href, "rel": "self"}]


HISTORY = Resource(
    "history record",
    "history",
    (
        Field(name="uuid", row=True),
        Field(name="created_at", row=True),
        Field(name="severity", row=True),
        Field(name="event", row=True, sort=False),
        Field(name="event_type"),
        Field(name="conductor"),
        Field(name="user"),
        Field(name="project", since=113),
        Field(name="state", since=115),
        Field(name="target_provision_state", since=115),
        Field(name="duration_seconds", since=115),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("node_uuid", "uuid"),
            reader=computed(_links),
            row=True,
        ),
    ),
    record=objects.NodeHistory,
)
