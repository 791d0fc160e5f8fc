# SPDX-License-Identifier: Apache-2.0
"""A part of a node that has firmware, and its versions."""

from ironic_lite.api.resources.fields import Field, Resource

_IDENTITY_SINCE = 114

FIRMWARE_COMPONENT = Resource(
    "firmware component",
    "firmware",
    (
        *(
            Field(name=name, row=True)
            for name in (
                "created_at",
                "updated_at",
                "component",
                "initial_version",
                "current_version",
                "last_version_flashed",
            )
        ),
        *(
            Field(name=name, since=_IDENTITY_SINCE, row=True)
            for name in ("vendor", "model", "serial_number")
        ),
    ),
    key="component",
)
