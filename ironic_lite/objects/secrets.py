# SPDX-License-Identifier: Apache-2.0
"""Fields whose secrets stay encrypted until they are read.

An object holds the stored, encrypted value of such a field. ``as_row``, and so replies of the API, and messages to
other processes use that value. Reading the attribute decrypts it; a process without database and key asks a conductor
to do so. An assigned value is plain until it is saved.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from ironic_lite.common import encrypted
from ironic_lite.db.encryption.rows import Guarded
from ironic_lite.objects import base

Row = dict[str, Any]

_ENCRYPTED = (encrypted.EncryptedDict, encrypted.EncryptedList)


class Secretive(base.IronicLiteObject):
    """Base of objects with such fields."""

    GUARDED: ClassVar[Guarded]

    @classmethod
    @base.remotable
    def disclosed(cls, context: Any, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of the table with their secrets decrypted.

        :param rows: rows as read, with the column that names the record (``uuid``).
        """
        guarded = cls.GUARDED
        return [{name: guarded.plain(row, name) for name in row} for row in rows]

    def _disclosed(self, name: str, value: Any) -> Any:
        """Return a field's decrypted value, which is cached until the field changes."""
        known = self.__dict__.setdefault("_known", {})
        if name not in known or known[name][0] is not value:
            record = self.GUARDED.record
            row = {record: getattr(self, record), name: value}
            known[name] = value, self.disclosed(self._context, [row])[0][name]
        return known[name][1]

    def obj_to_primitive(
        self, target_version: str | None = None, version_manifest: Any = None
    ) -> dict[str, Any]:
        """Return the object as the base class does, with its secrets encrypted as in the database."""
        with self._kept_encrypted():
            return super().obj_to_primitive(target_version, version_manifest)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        with self._kept_encrypted():
            return super().__deepcopy__(memo)

    @contextlib.contextmanager
    def _kept_encrypted(self) -> Iterator[None]:
        """Context manager: reading an attribute does not decrypt it."""
        self.__dict__["_as_kept"] = True
        try:
            yield
        finally:
            self.__dict__["_as_kept"] = False

    @classmethod
    def _obj_from_primitive(cls, context: Any, objver: str, primitive: Any) -> Any:
        self = super()._obj_from_primitive(context, objver, primitive)
        for name in cls.GUARDED.late:
            attribute = f"_obj_{name}"
            if attribute in self.__dict__ and name in self._changed_fields:
                # A changed field is the client's plain value, even if it looks like an encrypted one.
                self.__dict__[attribute] = encrypted.unmarked(self.__dict__[attribute])
        return self


def register(cls: type[Secretive]) -> type[Secretive]:
    """Register the class, and make its fields decrypt when they are read."""
    registered: type[Secretive] = base.register(cls)
    for name in cls.GUARDED.late:
        field: property = getattr(registered, name)
        setattr(registered, name, property(_getter(name, field), field.fset, field.fdel))
    return registered


def _getter(name: str, field: property) -> Any:
    read = field.fget
    assert read is not None

    def getter(self: Secretive) -> Any:
        value = read(self)
        if isinstance(value, _ENCRYPTED) or encrypted.is_token(value):
            return value if self.__dict__.get("_as_kept") else self._disclosed(name, value)
        return value

    return getter
