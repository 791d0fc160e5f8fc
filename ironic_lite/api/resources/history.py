# SPDX-License-Identifier: Apache-2.0
"""An event in the history of a node."""

from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, Row, computed
from ironic_lite.api.view import View


def _links(row: Row, view: View) -> object:
    href = f"{view.base}/v1/nodes/{row['node_uuid']}/history/{row['uuid']}"
    return [{"href": href, "rel": "self"}]


HISTORY = Resource(
    "history record",
    "history",
    (
        Field(name="uuid", kind=types.UUID, row=True),
        Field(name="created_at", kind=types.CREATED, row=True),
        Field(name="severity", kind=types.WORD, row=True),
        Field(name="event", kind=types.WORD, row=True, sort=False),
        Field(name="event_type", kind=types.WORD),
        Field(name="conductor", kind=types.WORD),
        Field(name="user", kind=types.WORD),
        Field(name="project", kind=types.WORD, since=113),
        Field(name="state", kind=types.WORD, since=115),
        Field(name="target_provision_state", kind=types.WORD, since=115),
        Field(name="duration_seconds", kind=types.COUNT, since=115),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("node_uuid", "uuid"),
            reader=computed(_links),
            row=True,
        ),
    ),
)
