# SPDX-License-Identifier: Apache-2.0
"""The allocation: a request for a node, or the node that it got."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import Field, links
from ironic_lite.api.resources.resource import QUERY, Resource
from ironic_lite.api.traits import TraitList

STATES = ("allocating", "active", "error")


class _Candidates(types.Kind):
    """Nodes by UUID or name."""

    name = "list of nodes"
    _most = 1000
    schema = {"type": "array", "items": types.UUID_OR_NAME.schema, "maxItems": _most}

    def check(self, value: object) -> list[str]:
        if not isinstance(value, list):
            raise ValueError("Expected a list for {name}: {value}")
        if len(value) > self._most:
            raise ValueError(f"{{name}} has more than {self._most} nodes")
        for item in value:
            if not (types.is_uuid(item) or types.is_name(item)):
                shown = types.literal(str(item)[:64])
                raise ValueError(f"Expected UUID or name of a node in {{name}}: {shown}")
        return list(dict.fromkeys(value))


ALLOCATION = Resource(
    "allocation",
    "allocations",
    (
        Field(name="uuid", create=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="candidate_nodes", kind=_Candidates(), create=True),
        Field(name="extra", create=True, update=True),
        Field(name="last_error"),
        Field(name="name", create=True, update=True),
        # Read with the allocation in one query.
        Field(name="node_uuid"),
        Field(name="owner", filter=types.TEXT, since=60, create=True),
        Field(name="resource_class", filter=types.TEXT, create=True),
        Field(
            name="state",
            filter=types.TEXT,
            kind=types.Shown({"enum": list(STATES)}, nullable=False),
        ),
        Field(name="traits", kind=TraitList(), create=True),
        # Backfill: an existing instance's node, for which an allocation is recorded afterwards.
        Field(
            name="node", kind=types.UUID_OR_NAME, since=58, create=True, hidden=True, shown=False
        ),
        links("allocations", row=False),
    ),
    record=objects.Allocation,
    hides=(QUERY,),
)
