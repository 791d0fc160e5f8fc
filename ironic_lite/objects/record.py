# SPDX-License-Identifier: Apache-2.0
"""What objects that are a row of a table can do."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

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
        """A page as plain dictionaries with exactly these columns, JSON-able.

        :param marker: UUID of the record that the page begins behind; of those that have one.
        :param filters: see ``filters`` of the resource's repository.
        :raises NotFound: the resource's own, for the marker.
        :raises InvalidParameterValue: for the sort key, the direction or a filter.
        """
        return cls.REPOSITORY.rows(
            columns, limit, marker, sort_key, sort_dir, filters, text_moments=True
        )


class Stored(Listed):
    """Base of objects with an id and a UUID.

    Fields that are no columns of the table (``node_uuid`` and the like) follow from others and cannot be set.
    """

    id: int
    uuid: str

    @classmethod
    @base.remotable
    def get(cls, context: Any, ident: int | str) -> Self:
        """The record of this id (an int), UUID, or what else its kind is known by: a name, a MAC address.

        :raises NotFound: the resource's own.
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
        """A page of records as objects; ``rows`` takes and raises the same, and is far cheaper."""
        page = cls.REPOSITORY.rows(None, limit, marker, sort_key, sort_dir, filters)
        return [cls._from_row(context, row) for row in page]

    def obj_load_attr(self, attrname: str) -> None:
        """What the message of an older release, or of one that speaks like it, did not hold is read anew."""
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
        """Read everything anew; unsaved changes are gone."""
        self._load(self.REPOSITORY.get(self.id))
        self.obj_reset_changes()

    @base.remotable
    def create(self) -> None:
        """Insert this record.

        :raises Conflict: the resource's own, for what must be unique.
        :raises NotFound: when a record that it refers to does not exist.
        """
        values = self.obj_get_changes()
        for name in self.REPOSITORY.derived:
            values.pop(name, None)
        self._load(self.REPOSITORY.create(values, also=self._also("create")))
        self.obj_reset_changes()


class Record(Stored):
    """Base of the plain ones: they are written without a lock."""

    @base.remotable
    def save(self, expected: Row | None = None) -> None:
        """Write the changed fields. Raises as ``create`` does.

        :param expected: what changed fields were when the changes were computed.
        :raises ConcurrentUpdate: when one of them is something else by now.
        :raises InvalidParameterValue: for a field that cannot be changed.
        """
        changes, also = self._changes(), self._also("save")
        if not changes:
            if also:
                self.REPOSITORY.accompany(self.id, also)
            return
        written = self.REPOSITORY.update(self.id, changes, expected, also, self.uuid)
        # What is derived may follow from what has changed.
        self._load(self.REPOSITORY.get(self.id) if self.REPOSITORY.derived else written)

    @base.remotable
    def destroy(self) -> None:
        """Delete the record, and what belongs to it.

        :raises NotFound: the resource's own.
        :raises Invalid: when something is in it that has to go first.
        """
        self.REPOSITORY.destroy(self.id, self._also("destroy"))


class OfNode(Record):
    """Base of those that belong to a node; their ``node_uuid`` follows from their ``node_id``."""

    @classmethod
    def list_by_node_id(cls, context: Any, node_id: int) -> Sequence[Self]:
        """All of a node."""
        return cls.list(context, filters={"node_id": node_id})
