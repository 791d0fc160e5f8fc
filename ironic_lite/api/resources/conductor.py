# SPDX-License-Identifier: Apache-2.0
"""The fields of a conductor in the API."""

from ironic_lite.api import types
from ironic_lite.api.resources.field import Field, computed
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import quoted

CONDUCTOR = Resource(
    "conductor",
    "conductors",
    (
        Field(name="hostname", kind=types.WORD, row=True),
        Field(name="conductor_group", kind=types.WORD, row=True),
        Field(name="drivers", kind=types.WORDS, sort=False),
        Field(name="alive", kind=types.FLAG, row=True, sort=False),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("hostname",),
            reader=computed(lambda row, view: view.links(f"conductors/{quoted(row['hostname'])}")),
            row=True,
        ),
    ),
    key="hostname",
)
