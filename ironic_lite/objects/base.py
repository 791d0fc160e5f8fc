# SPDX-License-Identifier: Apache-2.0
"""What all objects have in common, and how they travel.

An object's ``remotable`` methods work on the database, or, in a process that set
``IronicLiteObject.indirection_api``, ask a conductor to do so.

Fields are the columns of the object's table (``COLUMNS``). Versions follow from the releases in which columns came
(``since=``) and methods changed (``CHANGED``): ``1.0`` in the object's first release, and a number more for each later
one with a change. The fingerprints test says when a release was forgotten.
"""

import datetime
import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import sqlalchemy as sa
from oslo_utils import versionutils
from oslo_versionedobjects import base

from ironic_lite.common import exception, release_mappings
from ironic_lite.db import engine
from ironic_lite.db.models.base import facts_of
from ironic_lite.db.repository import Also
from ironic_lite.objects import fields, notification_outbox, shapes

remotable = base.remotable
"""On an instance method, or below ``@classmethod``."""


def register(cls: type["IronicLiteObject"]) -> Any:
    """Give the class its fields and its version, and make it known to the serializer."""
    columns = {name: of for name, of in cls.COLUMNS.items() if not facts_of(of).internal}
    own = cls.__dict__.get("fields", {})
    cls.fields = {**{name: fields.of_column(of) for name, of in columns.items()}, **own}
    cls.FIXED = frozenset(
        name for name, of in columns.items() if not isinstance(of, sa.Column) or facts_of(of).fixed
    )
    cls.ADDED = {
        name: since for name, of in columns.items() if (since := facts_of(of).since) is not None
    }
    stored = [of for of in columns.values() if isinstance(of, sa.Column)]
    if stored:
        cls.SINCE = stored[0].table.info["since"] or cls.SINCE
    cls.VERSION = cls.version_in(release_mappings.newest())
    return base.VersionedObjectRegistry.register(cls)


@functools.lru_cache(maxsize=1024)
def _attribute(field: str) -> str:
    """Where the library keeps the value of a field."""
    return f"_obj_{field}"


@functools.lru_cache(maxsize=256)
def _reader(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Takes the values of these fields out of an object's dictionary, all at once."""
    if len(names) < 2:  # Of one, itemgetter returns the value itself.
        return lambda held: tuple(held[_attribute(name)] for name in names)
    return operator.itemgetter(*map(_attribute, names))


def are_at_hand() -> bool:
    """Whether this process reads objects from a database file, without a server or a conductor."""
    return IronicLiteObject.indirection_api is None and engine.is_at_hand()


class IronicLiteObject(base.VersionedObject):
    """Base of all objects."""

    OBJ_SERIAL_NAMESPACE = "ironic_lite_object"
    OBJ_PROJECT_NAMESPACE = "ironic_lite"

    COLUMNS: ClassVar[Mapping[str, sa.ColumnElement[Any]]] = {}
    """What is read of a record, by name: each becomes a field."""

    SINCE: ClassVar[str] = release_mappings.first()
    """The release that brought this object."""

    CHANGED: ClassVar[Mapping[str, str]] = {}
    """Release -> what it changed about this object besides new columns."""

    FIXED: ClassVar[frozenset[str]] = frozenset()
    """Fields that ``save`` refuses."""

    ADDED: ClassVar[Mapping[str, str]] = {}
    """Field -> the release that brought it, of those that are younger than the object."""

    if TYPE_CHECKING:
        # Fields become properties when the class is registered.
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __repr__(self) -> str:
        """Never the fields themselves: some hold passwords, and objects end up in logs."""
        named = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in ("id", "uuid", "hostname")
            if name in self.fields and self.obj_attr_is_set(name)
        )
        return f"{self.obj_name()}({named})"

    @classmethod
    def get_target_version(cls) -> str:
        """The version to send: this one, or that of the release we are pinned to.

        :raises VersionIncompatible: when that release did not have this object.
        """
        release = release_mappings.pinned_name()
        return cls.VERSION if release is None else cls.version_in(release)

    @classmethod
    def version_in(cls, release: str) -> str:
        """The version of this object in a release.

        :raises VersionIncompatible: the object came later.
        """
        after = release_mappings.after
        if after(cls.SINCE, release):
            raise exception.VersionIncompatible(
                what=f"Object {cls.obj_name()}", needed="newer", running="pinned to an older one"
            )
        changes = {one for one in {*cls.ADDED.values(), *cls.CHANGED} if not after(one, release)}
        return f"1.{len(changes)}"

    @classmethod
    def shape_of(cls, name: str) -> shapes.Shape | None:
        """What this field holds; None: there is no such field, or it is in no column."""
        column = cls.COLUMNS.get(name)
        if column is None or facts_of(column).internal:
            return None
        return shapes.of_column(column)

    def obj_attr_is_set(self, attrname: str) -> bool:
        """As the base does, which looks through a new list of all fields each time."""
        if attrname in self.fields:
            return _attribute(attrname) in self.__dict__
        return bool(super().obj_attr_is_set(attrname))

    def obj_what_changed(self) -> set[str]:
        """The fields that were changed. None holds an object, inside which something could have changed as well."""
        return {name for name in self._changed_fields if name in self.fields}

    def obj_make_compatible(self, primitive: dict[str, Any], target_version: str) -> None:
        """Leave out what the older version does not have.

        :raises VersionIncompatible: when a change would get lost with it.
        """
        super().obj_make_compatible(primitive, target_version)
        for name in self._added_since(target_version):
            if primitive.pop(name, None) and name in self._changed_fields:
                raise exception.VersionIncompatible(
                    what=f"Field {name} of {self.obj_name()}",
                    needed="newer",
                    running="pinned to an older one",
                )

    def obj_to_primitive(
        self, target_version: str | None = None, version_manifest: Any = None
    ) -> dict[str, Any]:
        """As the base does; changes name only fields that are sent."""
        primitive: dict[str, Any] = super().obj_to_primitive(target_version, version_manifest)
        changes = self._obj_primitive_key("changes")
        if changes in primitive:
            sent = primitive[self._obj_primitive_key("data")]
            primitive[changes] = [name for name in primitive[changes] if name in sent]
        return primitive

    @classmethod
    def _added_since(cls, version: str) -> list[str]:
        then = versionutils.convert_version_to_tuple(version)
        return [
            name
            for name, release in cls.ADDED.items()
            if then < versionutils.convert_version_to_tuple(cls.version_in(release))
        ]

    @classmethod
    def _from_row(cls, context: Any, row: Mapping[str, Any]) -> Self:
        self = cls(context)
        self._load(row)
        return self

    def _load(self, row: Mapping[str, Any]) -> None:
        """Take over what the database holds; it needs no coercion, and is no change."""
        # Past the properties, which would take as long as the query.
        self.__dict__.update(
            {_attribute(name): value for name, value in row.items() if name in self.fields}
        )
        self._changed_fields.difference_update(row)

    def sent(self, name: str) -> Any:
        """A field's value as it is sent to whoever sent this object."""
        return self.__dict__[_attribute(name)]

    def along(self, also: Also) -> None:
        """Do this in the transaction of this object's next write. Not over RPC: by who has the database.

        :param also: called with the connection and a function that reads the record as it is then; what it raises
            undoes the write.
        """
        self.__dict__.setdefault("_pending", []).append(also)

    def _also(self, method: str) -> list[Also]:
        """What goes along with this write: what was asked for, and the notification of a client's request."""
        also = self.__dict__.pop("_pending", [])
        announced = notification_outbox.of_request(self._context, self.obj_name(), method)
        return [*also, announced] if announced else also

    def _changes(self) -> dict[str, Any]:
        """What ``save`` has to write.

        :raises InvalidParameterValue: when a field was changed that must stay.
        """
        changes = self.obj_get_changes()
        forbidden = sorted(self.FIXED & changes.keys())
        if forbidden:
            raise exception.InvalidParameterValue(
                err=f"These fields of a {self.obj_name().lower()} cannot be changed: {', '.join(forbidden)}"
            )
        return changes

    def as_row(self, columns: Iterable[str]) -> dict[str, Any]:
        """These fields as JSON-able values, as ``rows`` of the class gives them."""
        names = tuple(columns)
        try:
            values = _reader(names)(self.__dict__)
        except KeyError:
            # What is not held yet is read, or the property says what is wrong.
            values = tuple(getattr(self, name) for name in names)
        row = dict(zip(names, values, strict=True))
        for name, value in row.items():
            if isinstance(value, datetime.datetime):
                row[name] = value.isoformat()
        return row


class IronicLiteObjectSerializer(base.VersionedObjectSerializer):
    """Turns objects in RPC arguments and results into primitives of the pinned version, and back."""

    OBJ_BASE_CLASS = IronicLiteObject

    def serialize_entity(self, context: Any, entity: Any) -> Any:
        if isinstance(entity, IronicLiteObject):
            return entity.obj_to_primitive(target_version=entity.get_target_version())
        return super().serialize_entity(context, entity)
