# SPDX-License-Identifier: Apache-2.0
"""The firmware component: a part of a node's server that has firmware, with its versions."""

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.resource import Resource

_IDENTITY_SINCE = 114

FIRMWARE_COMPONENT = Resource(
    "firmware component",
    "firmware",
    (
        Field(name="created_at", row=True),
        Field(name="updated_at", row=True),
        *(
            Field(name=name, kind=types.WORD, row=True)
            for name in (
                "component",
                "initial_version",
                "current_version",
                "last_version_flashed",
            )
        ),
        *(
            Field(name=name, kind=types.WORD, since=_IDENTITY_SINCE, row=True)
            for name in ("vendor", "model", "serial_number")
        ),
    ),
    record=objects.FirmwareComponent,
    key="component",
)
