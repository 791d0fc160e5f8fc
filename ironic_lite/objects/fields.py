# SPDX-License-Identifier: Apache-2.0
"""Types of object fields, where those of oslo.versionedobjects would lose information."""

import datetime
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa
from oslo_utils import timeutils
from oslo_versionedobjects import fields

from ironic_lite.common import encrypted
from ironic_lite.db.models.base import facts_of
from ironic_lite.objects import shapes
from ironic_lite.objects.shapes import Holds

IntegerField = fields.IntegerField
StringField = fields.StringField
BooleanField = fields.BooleanField
ListOfStringsField = fields.ListOfStringsField
MACAddressField = fields.MACAddressField
"""A MAC address: six octets with colons, in lower case."""


class _Json(fields.FieldType[Any]):
    KIND: ClassVar[type]
    NAME: ClassVar[str]

    def coerce(self, obj: Any, attr: str, value: Any) -> Any:
        if isinstance(value, self.KIND):
            return value
        raise ValueError(f"{self.NAME} is required in field {attr}, not a {type(value).__name__}")


class FlexibleDict(_Json):
    """A dictionary that may hold any JSON."""

    KIND, NAME = dict, "A dictionary"


class FlexibleDictField(fields.AutoTypedField[dict[str, Any]]):
    """None reads as an empty dictionary."""

    AUTO_TYPE = FlexibleDict()

    def _null(self, obj: Any, attr: str) -> Any:
        return {}


class SecretDict(FlexibleDict):
    """A dictionary whose secrets stay encrypted until they are used; see ``objects.secrets``."""

    def from_primitive(self, obj: Any, attr: str, value: Any) -> Any:
        return encrypted.marked(value)


class SecretDictField(FlexibleDictField):
    AUTO_TYPE = SecretDict()


class FlexibleList(_Json):
    """A list that may hold any JSON."""

    KIND, NAME = list, "A list"


class FlexibleListField(fields.AutoTypedField[list[Any]]):
    """None reads as an empty list."""

    AUTO_TYPE = FlexibleList()

    def _null(self, obj: Any, attr: str) -> Any:
        return []


class Moment(fields.DateTime):
    """A date and time in UTC that keeps its microseconds on the wire."""

    def coerce(self, obj: Any, attr: str, value: Any) -> datetime.datetime:
        return super().coerce(obj, attr, value).astimezone(datetime.UTC)

    def to_primitive(self, obj: Any, attr: str, value: datetime.datetime) -> object:
        return value.isoformat()

    def from_primitive(self, obj: Any, attr: str, value: Any) -> datetime.datetime:
        return self.coerce(obj, attr, timeutils.parse_isotime(value))


class DateTimeField(fields.AutoTypedField[datetime.datetime]):
    AUTO_TYPE = Moment()


class CanonicalUUID(fields.UUID):
    """A UUID, converted to lower case with hyphens."""

    def coerce(self, obj: Any, attr: str, value: Any) -> str:
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            raise ValueError(f"A UUID is required in field {attr}, not '{value}'") from None


class UUIDField(fields.AutoTypedField[str]):
    AUTO_TYPE = CanonicalUUID()


_HOLDING: dict[Holds, type[fields.AutoTypedField[Any]]] = {
    Holds.UUID: UUIDField,
    Holds.MAC: MACAddressField,
    Holds.MOMENT: DateTimeField,
    Holds.OBJECT: FlexibleDictField,
    Holds.LIST: FlexibleListField,
    Holds.TEXT: StringField,
    Holds.FLAG: BooleanField,
    Holds.NUMBER: IntegerField,
}


def of_column(column: sa.ColumnElement[Any]) -> fields.AutoTypedField[Any]:
    """Return the field for a column of a table, or for a derived column.

    :raises TypeError: when there is no field for the column's type.
    """
    shape = shapes.of_column(column)
    secret = facts_of(column).secret
    if shape.holds is Holds.OBJECT and secret is not None and secret.late:
        return SecretDictField(nullable=shape.nullable)
    return _HOLDING[shape.holds](nullable=shape.nullable)
