# SPDX-License-Identifier: Apache-2.0
"""Volume connectors (the server's address in a storage network) and volume targets (the volumes that it uses)."""

from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, links
from ironic_lite.api.resources.resource import Resource
from ironic_lite.common import redaction

_NEEDED: dict[str, Any] = {"mandatory": True, "row": True, **BOTH}


def _common(collection: str) -> tuple[Field, ...]:
    return (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="extra", **BOTH),
        # Read with the record in one query.
        Field(name="node_uuid", kind=types.UUID_OR_NAME, **_NEEDED),
        links(f"volume/{collection}"),
    )


CONNECTOR = Resource(
    "connector",
    "connectors",
    (
        *_common("connectors"),
        Field(name="connector_id", **_NEEDED),
        Field(name="type", **_NEEDED),
    ),
    record=objects.VolumeConnector,
)

TARGET = Resource(
    "target",
    "targets",
    (
        *_common("targets"),
        Field(name="boot_index", **_NEEDED),
        Field(
            name="properties",
            redact=redaction.mask,
            rule="baremetal:volume:view_target_properties",
            withheld_as="redacted_contents",
            withheld_empty=False,
            **BOTH,
        ),
        Field(name="volume_id", **_NEEDED),
        Field(name="volume_type", **_NEEDED),
    ),
    record=objects.VolumeTarget,
)
