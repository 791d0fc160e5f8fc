# SPDX-License-Identifier: Apache-2.0
"""Remote storage of a node: how it presents itself, and what it is to be connected to."""

from collections.abc import Sequence
from typing import Any, Self

from ironic_lite.db import volumes
from ironic_lite.objects import base, fields, secrets
from ironic_lite.objects.record import Record


@base.register
class VolumeConnector(Record):
    """No two connectors have one type and one ``connector_id``."""

    VERSION = "1.0"
    UNCHANGEABLE = Record.UNCHANGEABLE | {"node_uuid"}
    REPOSITORY = volumes.volume_connectors

    fields = {
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
        "type": fields.StringField(nullable=True),
        "connector_id": fields.StringField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
    }

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All connectors of a node."""
        return cls.list(context, filters={"node_id": node_id})


@secrets.register
class VolumeTarget(secrets.Secretive, Record):
    """No two targets of a node have one ``boot_index``."""

    VERSION = "1.1"
    GUARDED = volumes.volume_targets.guarded
    READS_ENCRYPTED_SINCE = "1.1"
    UNCHANGEABLE = Record.UNCHANGEABLE | {"node_uuid"}
    REPOSITORY = volumes.volume_targets

    fields = {
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
        "volume_type": fields.StringField(nullable=True),
        "volume_id": fields.StringField(nullable=True),
        "boot_index": fields.IntegerField(nullable=True),
        "properties": fields.SecretDictField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
    }

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All targets of a node."""
        return cls.list(context, filters={"node_id": node_id})
