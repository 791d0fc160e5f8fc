# SPDX-License-Identifier: Apache-2.0
"""The driver: a hardware type that live conductors serve, and its enabled and default interfaces."""

from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.field import Field, Reader, Row, computed
from ironic_lite.api.resources.node import INTERFACES
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import View, quoted

_NAMES = types.Shown(types.WORDS.schema)
"""None while no conductor has reported this interface."""


def _interface(kind: str, part: str) -> Reader:
    return lambda row, view: row["interfaces"].get(kind, {}).get(part)


def _interface_fields(kind: str, since: int) -> tuple[Field, Field]:
    # Drivers show the interfaces that nodes had by 1.31 from 1.30 on.
    shown: dict[str, Any] = {
        "since": 30 if since <= 31 else since,
        "columns": ("interfaces",),
        "sort": False,
    }
    return (
        Field(
            name=f"default_{kind}_interface",
            kind=types.WORD,
            reader=computed(_interface(kind, "default")),
            **shown,
        ),
        Field(
            name=f"enabled_{kind}_interfaces",
            kind=_NAMES,
            reader=computed(_interface(kind, "enabled")),
            **shown,
        ),
    )


def _links(suffix: str = "") -> Any:
    def read(row: Row, view: View) -> Any:
        return view.links(f"drivers/{quoted(row['name'])}{suffix}")

    return computed(read)


DRIVER = Resource(
    "driver",
    "drivers",
    (
        Field(name="name", kind=types.WORD, row=True),
        Field(name="hosts", kind=types.WORDS, row=True),
        Field(name="links", kind=types.LINKS, columns=("name",), reader=_links(), row=True),
        Field(
            name="properties",
            kind=types.LINKS,
            since=14,
            columns=("name",),
            reader=_links("/properties"),
            row=True,
        ),
        Field(
            name="type",
            kind=types.Shown({"const": "dynamic"}, nullable=False),
            since=30,
            columns=(),
            reader=computed(lambda row, view: "dynamic"),
            row=True,
        ),
        *(field for kind, since in INTERFACES.items() for field in _interface_fields(kind, since)),
    ),
    key="name",
)
