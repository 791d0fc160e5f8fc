# SPDX-License-Identifier: Apache-2.0
"""The bases of objects that are rows of a table."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from ironic_lite.common import exception
from ironic_lite.db.repository import Repository
from ironic_lite.objects import base

Row = dict[str, Any]


class Listed(base.IronicLiteObject):
    """Base of objects that are read as pages of plain dictionaries."""

    REPOSITORY: ClassVar[Repository]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "REPOSITORY" in cls.__dict__:
            cls.COLUMNS = cls.REPOSITORY.columns

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
        """Return a page of records as plain, JSON-able dictionaries with exactly these columns.

        :param marker: UUID of the record before the page, for records with a UUID.
        :param filters: see ``filters`` of the resource's repository.
        :raises NotFound: the resource's own, when there is no record of the marker.
        :raises InvalidParameterValue: when the sort key, the direction or a filter is wrong.
        """
        return cls._page(
            tuple(columns),
            limit=limit,
            marker=marker,
            sort_key=sort_key,
            sort_dir=sort_dir,
            filters=filters,
        )

    @classmethod
    def _page(cls, columns: tuple[str, ...], **place: Any) -> Sequence[Row]:
        """Return what ``rows`` returns; ``place`` is its other arguments."""
        return cls.REPOSITORY.rows(columns, **place, text_moments=True)


class Stored(Listed):
    """Base of objects with an id and a UUID.

    Fields that are no columns of the table, such as ``node_uuid``, follow from other fields and cannot be set.
    """

    id: int
    uuid: str

    @classmethod
    def missing(cls, ident: object) -> exception.NotFound:
        """Return the error about an identifier that no record has."""
        return cls.REPOSITORY.not_found(ident)

    @classmethod
    @base.remotable
    def get(cls, context: Any, ident: int | str) -> Self:
        """Return the record of this id (an int), UUID, or other identifier of its kind: a name, a MAC address.

        :raises NotFound: the resource's own, when there is no such record.
        """
        return cls._from_row(context, cls.REPOSITORY.get(ident))

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
        """Return a page of records as objects; ``rows`` takes and raises the same, and is far cheaper."""
        page = cls.REPOSITORY.rows(None, limit, marker, sort_key, sort_dir, filters)
        return [cls._from_row(context, row) for row in page]

    def obj_load_attr(self, attrname: str) -> None:
        """Read a field from the database that the message of an older or pinned release did not have."""
        if attrname not in self.ADDED:
            super().obj_load_attr(attrname)
            return
        fresh = self.get(self._context, self.id)
        if fresh.obj_attr_is_set(attrname):
            value = fresh.sent(attrname)
        else:
            value = self.REPOSITORY.defaults.get(attrname)
            value = self.fields[attrname].coerce(self, attrname, value)
        self._load({attrname: value})

    @base.remotable
    def refresh(self) -> None:
        """Read all fields again; unsaved changes are lost."""
        self._load(self.REPOSITORY.get(self.id))
        self.obj_reset_changes()

    @base.remotable
    def create(self) -> None:
        """Insert this record.

        :raises Conflict: the resource's own, when a value that must be unique exists already.
        :raises NotFound: when a record that it refers to does not exist.
        """
        values = self.obj_get_changes()
        for name in self.REPOSITORY.derived:
            values.pop(name, None)
        self._load(self.REPOSITORY.create(values, also=self._also("create")))
        self.obj_reset_changes()


class Record(Stored):
    """Base of records that are written without the token of a lock."""

    @base.remotable
    def save(self, expected: Row | None = None) -> None:
        """Write the changed fields. Raises as ``create`` does.

        :param expected: the values of the changed fields when the changes were computed.
        :raises ConcurrentUpdate: when one of these fields has another value now.
        :raises InvalidParameterValue: when a field was changed that cannot be changed.
        """
        changes, also = self._changes(), self._also("save")
        if not changes:
            if also:
                self.REPOSITORY.accompany(self.id, also)
            return
        written = self.REPOSITORY.update(self.id, changes, expected, also, self.uuid)
        # Derived columns may depend on the changed ones, so they are read again.
        self._load(self.REPOSITORY.get(self.id) if self.REPOSITORY.derived else written)

    @base.remotable
    def destroy(self) -> None:
        """Delete the record, and the records that belong to it.

        :raises NotFound: the resource's own, when it was deleted already.
        :raises Invalid: when it contains records that have to be deleted first.
        """
        self.REPOSITORY.destroy(self.id, self._also("destroy"))


class OfNode(Record):
    """Base of records that belong to a node; ``node_uuid`` follows from ``node_id``."""

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        return cls.list(context, filters={"node_id": node_id})
