# SPDX-License-Identifier: Apache-2.0
"""The BIOS setting of a node, with what the server's attribute registry says about it."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import Field, Row, computed
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import View, quoted
from ironic_lite.common import encrypted, redaction

REGISTRY_SINCE = 74


def _links(row: Row, view: View) -> object:
    return view.links(f"nodes/{row['node_uuid']}/bios/{quoted(row['name'])}")


def _value(row: Row, view: View) -> object:
    value = row["value"]
    hidden = encrypted.is_token(value) or redaction.is_secret_setting(
        row["name"], row["attribute_type"]
    )
    return redaction.MASK if value and hidden else value


BIOS_SETTING = Resource(
    "bios_setting",
    "bios",
    (
        Field(name="created_at", row=True),
        Field(name="updated_at", row=True),
        Field(name="name", row=True),
        Field(
            name="value",
            kind=types.WORD,
            columns=("value", "name", "attribute_type"),
            reader=computed(_value),
            row=True,
        ),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("node_uuid", "name"),
            reader=computed(_links),
            row=True,
        ),
        *(
            Field(name=name, kind=kind, since=REGISTRY_SINCE)
            for name, kind in (
                ("attribute_type", types.WORD),
                ("lower_bound", types.COUNT),
                ("max_length", types.COUNT),
                ("min_length", types.COUNT),
                ("read_only", types.FLAG),
                ("reset_required", types.FLAG),
                ("unique", types.FLAG),
                ("upper_bound", types.COUNT),
            )
        ),
        Field(
            name="allowable_values",
            since=REGISTRY_SINCE,
            reader=computed(lambda row, view: row["allowable_values"] or []),
        ),
    ),
    record=objects.BIOSSetting,
    key="name",
)
