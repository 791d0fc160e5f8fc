# SPDX-License-Identifier: Apache-2.0
"""The conductor, as clients see it."""

from ironic_lite.api.resources.fields import Field, Resource, computed
from ironic_lite.api.view import quoted

CONDUCTOR = Resource(
    "conductor",
    "conductors",
    (
        Field(name="hostname", row=True),
        Field(name="conductor_group", row=True),
        Field(name="drivers", sort=False),
        Field(name="alive", row=True, sort=False),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(
            name="links",
            columns=("hostname",),
            reader=computed(lambda row, view: view.links(f"conductors/{quoted(row['hostname'])}")),
            row=True,
        ),
    ),
    key="hostname",
)
