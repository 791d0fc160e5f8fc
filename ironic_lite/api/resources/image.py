# SPDX-License-Identifier: Apache-2.0
"""The image in the store of this service."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, computed, links
from ironic_lite.api.resources.resource import Resource
from ironic_lite.images.store import content, layout

WORDS = {"firmware": (layout.BIOS, layout.UEFI), "default_for": ("deploy", "rescue")}
"""Fields that are lists of a few words, which the handler checks."""
_FIRMWARE, _KINDS = (types.List({"enum": list(words)}) for words in WORDS.values())


def _write_rule_of_default(value: object) -> str | None:
    return "baremetal:image:update:default_for" if value else None


IMAGE = Resource(
    "image",
    "images",
    (
        Field(name="uuid", row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="name", mandatory=True, row=True, **BOTH),
        Field(
            name="owner",
            write_rule="baremetal:image:update:owner",
            reader=computed(lambda row, _view: row["owner"] or None),
            row=True,
            **BOTH,
        ),
        Field(name="public", write_rule="baremetal:image:update:public", row=True, **BOTH),
        Field(name="status", row=True, filter=types.TEXT),
        Field(name="last_error"),
        Field(name="disk_format", kind=types.Choice(*content.FORMATS), create=True, row=True),
        Field(
            name="image_type",
            kind=types.Choice(layout.WHOLE_DISK, layout.PARTITION),
            row=True,
            **BOTH,
        ),
        Field(name="size", row=True),
        Field(name="virtual_size"),
        Field(name="min_disk", **BOTH),
        Field(name="sha256", create=True),
        Field(name="sha512"),
        Field(name="cpu_arch", row=True, **BOTH),
        Field(name="firmware", kind=_FIRMWARE, **BOTH),
        Field(name="kernel", **BOTH),
        Field(name="ramdisk", **BOTH),
        Field(name="default_for", kind=_KINDS, write_rule=_write_rule_of_default, **BOTH),
        Field(name="properties", **BOTH),
        Field(name="source", create=True),
        links("images"),
    ),
    record=objects.Image,
)
