# SPDX-License-Identifier: Apache-2.0
"""The port: a network interface of a node."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from ironic_lite.db import ports
from ironic_lite.objects import base, fields

Row = dict[str, Any]


@base.register
class Port(base.IronicLiteObject):
    """Fields as Ironic's; ``node_uuid`` follows from ``node_id``."""

    VERSION = "1.0"
    UNCHANGEABLE = base.IronicLiteObject.UNCHANGEABLE | {"node_uuid"}

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "node_id": fields.IntegerField(),
        "node_uuid": fields.UUIDField(),
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
    }

    @classmethod
    @base.remotable
    def get(cls, context: Any, ident: int | str) -> Self:
        """The port of this id (an int), UUID, MAC address or name.

        :raises PortNotFound:
        """
        return cls._from_row(context, ports.get(ident))

    @classmethod
    @base.remotable
    def list(
        cls,
        context: Any,
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        sort_dir: str = "asc",
        filters: Row | None = None,
    ) -> Sequence[Self]:
        """A page of ports.

        :param filters: see ``ironic_lite.db.ports.FILTERS``.
        :raises PortNotFound: for the marker.
        :raises InvalidParameterValue: for the sort key, the direction or a filter.
        """
        page = ports.rows(None, limit, marker, sort_key, sort_dir, filters)
        return [cls._from_row(context, row) for row in page]

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All ports of a node."""
        return cls.list(context, filters={"node_id": node_id})

    @classmethod
    @base.remotable
    def rows(
        cls,
        context: Any,
        columns: Iterable[str],
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        sort_dir: str = "asc",
        filters: Row | None = None,
    ) -> Sequence[Row]:
        """A page of ports as plain dictionaries with exactly these columns, JSON-able. Raises as ``list`` does."""
        return ports.rows(columns, limit, marker, sort_key, sort_dir, filters, text_moments=True)

    @base.remotable
    def refresh(self) -> None:
        """Read everything anew; unsaved changes are gone."""
        self._load(ports.get(self.id))
        self.obj_reset_changes()

    @base.remotable
    def create(self) -> None:
        """Insert this port.

        :raises MACAlreadyExists: ``PortAlreadyExists``, ``PortDuplicateName``, ``NodeNotFound``
        """
        values = self.obj_get_changes()
        values.pop("node_uuid", None)
        self._load(ports.create(values))
        self.obj_reset_changes()

    @base.remotable
    def save(self) -> None:
        """Write the changed fields. Raises as ``create`` does, and PortNotFound."""
        changes = self._changes()
        if not changes:
            return
        written = ports.update(self.id, changes)
        self._load(ports.get(self.id) if "node_id" in changes else written)

    @base.remotable
    def destroy(self) -> None:
        """Delete the port.

        :raises PortNotFound:
        """
        ports.destroy(self.id)
