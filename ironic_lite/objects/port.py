# SPDX-License-Identifier: Apache-2.0
"""The port: a network interface of a node. The portgroup: several of them that are used as one."""

from collections.abc import Sequence
from typing import Any, Self

from ironic_lite.db import ports
from ironic_lite.objects import base, fields
from ironic_lite.objects.record import Record


@base.register
class Port(Record):
    """Fields as Ironic's; ``node_uuid`` and ``portgroup_uuid`` follow from the ids."""

    VERSION = "1.1"
    ADDED = {"1.1": ("portgroup_id", "portgroup_uuid", "revision")}
    UNCHANGEABLE = Record.UNCHANGEABLE | {"node_uuid", "portgroup_uuid", "revision"}
    REPOSITORY = ports.ports

    fields = {
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
        "portgroup_id": fields.IntegerField(nullable=True),
        "portgroup_uuid": fields.UUIDField(nullable=True),
        "address": fields.MACAddressField(),
        "name": fields.StringField(nullable=True),
        "description": fields.StringField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
        "internal_info": fields.FlexibleDictField(nullable=True),
        "local_link_connection": fields.FlexibleDictField(nullable=True),
        "physical_network": fields.StringField(nullable=True),
        "pxe_enabled": fields.BooleanField(),
        "is_smartnic": fields.BooleanField(),
        "vendor": fields.StringField(nullable=True),
        "category": fields.StringField(nullable=True),
        "available_for_dynamic_portgroup": fields.BooleanField(),
        "revision": fields.StringField(nullable=True),
    }

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All ports of a node."""
        return cls.list(context, filters={"node_id": node_id})


@base.register
class Portgroup(Record):
    """Fields as Ironic's; ``node_uuid`` follows from ``node_id``."""

    VERSION = "1.0"
    UNCHANGEABLE = Record.UNCHANGEABLE | {"node_uuid"}
    REPOSITORY = ports.portgroups

    fields = {
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
        "name": fields.StringField(nullable=True),
        "address": fields.MACAddressField(nullable=True),
        "mode": fields.StringField(nullable=True),
        "properties": fields.FlexibleDictField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
        "internal_info": fields.FlexibleDictField(nullable=True),
        "standalone_ports_supported": fields.BooleanField(),
        "physical_network": fields.StringField(nullable=True),
        "category": fields.StringField(nullable=True),
        "dynamic_portgroup": fields.BooleanField(),
    }

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All portgroups of a node."""
        return cls.list(context, filters={"node_id": node_id})
