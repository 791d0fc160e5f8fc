# SPDX-License-Identifier: Apache-2.0
"""The BIOS setting of a node, with what the server's attribute registry says about it."""

from ironic_lite.api.resources.fields import Field, Resource, Row, computed
from ironic_lite.api.view import View, quoted

REGISTRY_SINCE = 74


def _links(row: Row, view: View) -> object:
    return view.links(f"nodes/{row['node_uuid']}/bios/{quoted(row['name'])}")


BIOS_SETTING = Resource(
    "bios_setting",
    "bios",
    (
        Field(name="created_at", row=True),
        Field(name="updated_at", row=True),
        Field(name="name", row=True),
        Field(name="value", row=True),
        Field(name="links", columns=("node_uuid", "name"), reader=computed(_links), row=True),
        *(
            Field(name=name, since=REGISTRY_SINCE)
            for name in (
                "attribute_type",
                "lower_bound",
                "max_length",
                "min_length",
                "read_only",
                "reset_required",
                "unique",
                "upper_bound",
            )
        ),
        Field(
            name="allowable_values",
            since=REGISTRY_SINCE,
            reader=computed(lambda row, view: row["allowable_values"] or []),
        ),
    ),
    key="name",
)
