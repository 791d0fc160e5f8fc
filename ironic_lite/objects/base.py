# SPDX-License-Identifier: Apache-2.0
"""The base of all objects, and their serializer.

An object's ``remotable`` methods use the database. In a process that sets ``IronicLiteObject.indirection_api`` they
call a conductor instead.

Fields are the columns of the object's table (``COLUMNS``). Versions follow from the releases that added columns
(``since=``) or changed methods (``CHANGED``): ``1.0`` in the object's first release, and one number more for each later
release with a change. The fingerprints test fails if a release is missing.
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
"""Decorates an instance method, or a class method below ``@classmethod``."""


def register(cls: type["IronicLiteObject"]) -> Any:
    """Set the class's fields and version, and register it for the serializer."""
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
    """Return the attribute in which oslo.versionedobjects keeps the value of a field."""
    return f"_obj_{field}"


@functools.lru_cache(maxsize=256)
def _reader(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return a function that reads the values of these fields from an object's ``__dict__``."""
    if len(names) < 2:  # Of one, itemgetter returns the value itself.
        return lambda held: tuple(held[_attribute(name)] for name in names)
    return operator.itemgetter(*map(_attribute, names))


def are_at_hand() -> bool:
    """Return whether this process reads objects from a database file, without a server or a conductor."""
    return IronicLiteObject.indirection_api is None and engine.is_at_hand()


class IronicLiteObject(base.VersionedObject):
    """Base of all objects."""

    OBJ_SERIAL_NAMESPACE = "ironic_lite_object"
    OBJ_PROJECT_NAMESPACE = "ironic_lite"

    COLUMNS: ClassVar[Mapping[str, sa.ColumnElement[Any]]] = {}
    """The columns that are read, by name; each becomes a field."""

    SINCE: ClassVar[str] = release_mappings.first()
    """The release that added this object."""

    CHANGED: ClassVar[Mapping[str, str]] = {}
    """``{release: its change of this object, other than new columns}``."""

    FIXED: ClassVar[frozenset[str]] = frozenset()
    """Fields that ``save`` refuses to change."""

    ADDED: ClassVar[Mapping[str, str]] = {}
    """``{field: the release that added it}``, for fields that are newer than the object."""

    if TYPE_CHECKING:
        # Registering the class turns fields into properties, which mypy does not see.
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __repr__(self) -> str:
        """Leave out the fields' values, because some are passwords and objects are logged."""
        named = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in ("id", "uuid", "hostname")
            if name in self.fields and self.obj_attr_is_set(name)
        )
        return f"{self.obj_name()}({named})"

    @classmethod
    def get_target_version(cls) -> str:
        """Return the version to send: the current one, or that of the release to which messages are pinned.

        :raises NotInPinnedRelease: when that release does not have this object.
        """
        release = release_mappings.pinned_name()
        return cls.VERSION if release is None else cls.version_in(release)

    @classmethod
    def version_in(cls, release: str) -> str:
        """Return the version of this object in a release.

        :raises NotInPinnedRelease: when the release does not have this object.
        """
        after = release_mappings.after
        if after(cls.SINCE, release):
            raise exception.NotInPinnedRelease(what=f"Object {cls.obj_name()}", release=release)
        changes = {one for one in {*cls.ADDED.values(), *cls.CHANGED} if not after(one, release)}
        return f"1.{len(changes)}"

    @classmethod
    def shape_of(cls, name: str) -> shapes.Shape | None:
        """Return the shape of a field; None when there is no such field, or it is in no column."""
        column = cls.COLUMNS.get(name)
        if column is None or facts_of(column).internal:
            return None
        return shapes.of_column(column)

    def obj_attr_is_set(self, attrname: str) -> bool:
        """Return whether the field is set, without the base class's list of all fields."""
        if attrname in self.fields:
            return _attribute(attrname) in self.__dict__
        return bool(super().obj_attr_is_set(attrname))

    def obj_what_changed(self) -> set[str]:
        """Return the changed fields. No field holds an object, so no changes of inner objects are looked for."""
        return {name for name in self._changed_fields if name in self.fields}

    def obj_make_compatible(self, primitive: dict[str, Any], target_version: str) -> None:
        """Remove the fields that the older version does not have.

        :raises NotInPinnedRelease: when one of them has an unsaved change, which would be lost.
        """
        super().obj_make_compatible(primitive, target_version)
        for name in self._added_since(target_version):
            if primitive.pop(name, None) and name in self._changed_fields:
                raise exception.NotInPinnedRelease(
                    what=f"Field {name} of {self.obj_name()}",
                    # Without a pin an older peer has asked for its own version.
                    release=release_mappings.pinned_name()
                    or f"with version {target_version} of it",
                )

    def obj_to_primitive(
        self, target_version: str | None = None, version_manifest: Any = None
    ) -> dict[str, Any]:
        """Return the object as the base class does, but list only those changes whose fields are sent."""
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
        """Set the fields from the database; the values need no coercion and count as unchanged."""
        # This bypasses the properties, which would take as long as the query.
        self.__dict__.update(
            {_attribute(name): value for name, value in row.items() if name in self.fields}
        )
        self._changed_fields.difference_update(row)

    def sent(self, name: str) -> Any:
        """Return a field's value in the form in which this object sends it."""
        return self.__dict__[_attribute(name)]

    def along(self, also: Also) -> None:
        """Add work to the transaction of this object's next write. It works only in a process with database access.

        :param also: called with the connection and a function that reads the record after the write; an error that it
            raises undoes the write.
        """
        self.__dict__.setdefault("_pending", []).append(also)

    def _also(self, method: str) -> list[Also]:
        """Return the further work of this write: that of ``along``, and the notification of a client's request."""
        also = self.__dict__.pop("_pending", [])
        announced = notification_outbox.of_request(self._context, self.obj_name(), method)
        return [*also, announced] if announced else also

    def _changes(self) -> dict[str, Any]:
        """Return the fields that ``save`` has to write.

        :raises InvalidParameterValue: when a field was changed that cannot be changed.
        """
        changes = self.obj_get_changes()
        forbidden = sorted(self.FIXED & changes.keys())
        if forbidden:
            raise exception.InvalidParameterValue(
                err=f"These fields of a {self.obj_name().lower()} cannot be changed: {', '.join(forbidden)}"
            )
        return changes

    def as_row(self, columns: Iterable[str]) -> dict[str, Any]:
        """Return these fields with JSON-able values, as ``rows`` of the class does."""
        names = tuple(columns)
        try:
            values = _reader(names)(self.__dict__)
        except KeyError:
            # The properties load fields that are not set, or raise an error that names the field.
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
