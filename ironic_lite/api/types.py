# SPDX-License-Identifier: Apache-2.0
"""The types of values in requests, and body classes made of them. Only this module uses WSME.

A *kind* is the rule for a value. It is a WSME user type, so that a body class from ``body_class`` and a query argument
use the same check. Errors are ``InvalidParameterValue`` and name the argument.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import wsme
from oslo_utils import strutils
from wsme import exc as wsme_exc
from wsme import types as wtypes
from wsme.rest import json as wsme_json

from ironic_lite.common import exception, redaction

_UUID = re.compile(r"^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\Z", re.IGNORECASE)
_MAC = re.compile(r"^[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z", re.IGNORECASE)
# Names of nodes and ports: RFC 3986 unreserved characters.
_NAME = re.compile(r"^[a-zA-Z0-9\-._~]+\Z")

_SHOWN = 128


def is_uuid(value: Any) -> bool:
    """Tell whether ``value`` is the text of a UUID."""
    return isinstance(value, str) and _UUID.match(value) is not None


def is_mac(value: Any) -> bool:
    """Tell whether ``value`` is a MAC address with colons."""
    return isinstance(value, str) and _MAC.match(value) is not None


def is_name(value: Any) -> bool:
    """Tell whether ``value`` may be the name of a node or of a port."""
    return (
        isinstance(value, str)
        and len(value) <= 255
        and _NAME.match(value) is not None
        and not is_uuid(value)
    )


def literal(text: str) -> str:
    """Escape ``text`` for a kind's error message, where braces have a meaning."""
    return text.replace("{", "{{").replace("}", "}}")


class Kind(wtypes.UserType):
    """A rule for one value.

    ``check`` returns the normalised value or raises ``ValueError`` with a text in which ``{name}`` and ``{value}``
    are filled with what the client sent.
    """

    basetype = str  # what JSON gave is passed on as it is; only ``check`` converts
    name = "value"
    schema: Mapping[str, Any] = {}
    """The rule as a JSON schema, as far as that can express it."""
    shown: Mapping[str, Any] | None = None
    """The JSON schema of replies, if it is narrower than that of requests."""
    nullable = True
    """Whether a reply may have null instead."""

    def check(self, value: Any) -> Any:
        raise NotImplementedError

    def validate(self, value: Any) -> Any:
        """Check a value; WSME calls this."""
        return self.check(value)

    def frombasetype(self, value: Any) -> Any:
        """Return the value unchanged; WSME checks attributes when it sets them, because then their names are known."""
        return value


class _Any(Kind):
    name = "any"

    def check(self, value: Any) -> Any:
        return value


class _Uuid(Kind):
    name = "uuid"
    schema = {"type": "string", "format": "uuid"}

    def check(self, value: Any) -> str:
        if not is_uuid(value):
            raise ValueError("Expected UUID for {name}: {value}")
        return str(uuid.UUID(value))


class _Mac(Kind):
    name = "mac"
    schema = {"type": "string", "pattern": "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$"}

    def check(self, value: Any) -> str:
        if not is_mac(value):
            raise ValueError("Expected valid MAC address for {name}: {value}")
        return value.lower()


class _UuidOrName(Kind):
    name = "uuid or name"
    schema = {"type": "string", "pattern": "^[a-zA-Z0-9._~-]{1,255}$"}

    def check(self, value: Any) -> str:
        if not (is_uuid(value) or is_name(value)):
            raise ValueError("Expected UUID or name for {name}: {value}")
        return value


class Text(Kind):
    """A string of bounded length."""

    name = "text"

    def __init__(self, max_length: int | None = 255, min_length: int = 0):
        self.max_length = max_length
        self.min_length = min_length
        self.schema = {"type": "string"} | ({} if max_length is None else {"maxLength": max_length})
        if min_length:
            self.schema |= {"minLength": min_length}

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Expected string for {name}: {value}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"{{name}} is too long: at most {self.max_length} characters")
        if len(value) < self.min_length:
            raise ValueError("{name} must not be empty")
        if "\x00" in value:
            raise ValueError("{name} must not contain a NUL character")
        return value


class Secret(Text):
    """A string that no error message repeats."""

    def check(self, value: Any) -> str:
        try:
            return super().check(value)
        except ValueError as exc:
            raise ValueError(str(exc).replace(": {value}", "")) from None


class Choice(Text):
    """One of a few words."""

    def __init__(self, *choices: str):
        super().__init__()
        self.choices = choices
        self.schema = {"enum": list(choices)}

    def check(self, value: Any) -> str:
        if value not in self.choices:
            raise ValueError(
                "Invalid {name}: {value}. It must be one of " + ", ".join(self.choices)
            )
        return value


class Word(Text):
    """One of a few words. The handler refuses other words itself, with a more specific message."""

    def __init__(self, *words: str):
        super().__init__()
        self.schema = {"enum": list(words)}


class _Boolean(Kind):
    name = "boolean"
    schema = {"type": "boolean"}

    def check(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        try:
            return strutils.bool_from_string(value, strict=True)
        except ValueError as exc:
            raise ValueError("Invalid {name}: " + literal(str(exc))) from None


class _Integer(Kind):
    """A whole number, or its text, in the range of the database's integers."""

    name = "integer"
    schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}

    def check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError("Expected an integer for {name}: {value}")
        try:
            number = int(value)
        except ValueError:
            raise ValueError("Expected an integer for {name}: {value}") from None
        if not -(2**63) <= number < 2**63:
            raise ValueError("{name} is out of range: {value}")
        return number


class _Number(Kind):
    """A whole number, not as text, in the range of the database's integers."""

    name = "number"
    schema = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}

    def check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("Expected an integer for {name}: {value}")
        if not -(2**31) <= value < 2**31:
            raise ValueError("{name} is out of range: {value}")
        return value


class _Csv(Kind):
    """``a,b,c``, or the argument several times."""

    name = "list of strings"
    schema = {"type": "array", "items": {"type": "string"}}

    def check(self, value: Any) -> list[str]:
        texts = value if isinstance(value, list) else [value]
        items = [item.strip() for text in texts for item in text.split(",")]
        return list(dict.fromkeys(item for item in items if item))


class _JsonObject(Kind):
    name = "object"
    schema = {"type": "object"}

    def check(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("Expected an object for {name}: {value}")
        return value


class List(Kind):
    """A list; the handler checks its items.

    :param items: JSON schema of the items.
    """

    name = "list"

    def __init__(self, items: Mapping[str, Any]):
        self.schema = {"type": "array", "items": items}

    def check(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("Expected a list for {name}: {value}")
        return value


class _ObjectOrText(Kind):
    """A config drive: an object to build one from, or its base64 text or URL. No error message repeats it."""

    name = "object or string"
    schema = {"type": ["object", "string"]}

    def check(self, value: Any) -> Any:
        if not isinstance(value, (dict, str)):
            raise ValueError("Expected a string or an object for {name}")
        return value


class Shown(Kind):
    """A value that only replies have."""

    name = "read only"

    def __init__(self, schema: Mapping[str, Any], nullable: bool = True):
        self.schema = schema
        self.nullable = nullable

    def check(self, value: Any) -> Any:
        raise ValueError("{name} cannot be set")


ANY = _Any()
UUID = _Uuid()
MAC = _Mac()
UUID_OR_NAME = _UuidOrName()
TEXT = Text()
LONG_TEXT = Text(max_length=None)
BOOLEAN = _Boolean()
INTEGER = _Integer()
NUMBER = _Number()
CSV = _Csv()
OBJECT = _JsonObject()
OBJECT_OR_TEXT = _ObjectOrText()
MOMENT = Shown({"type": "string", "format": "date-time"})
CREATED = Shown(MOMENT.schema, nullable=False)
WORD = Shown({"type": "string"})
FLAG = Shown({"type": "boolean"})
COUNT = Shown({"type": "integer"})
WORDS = Shown({"type": "array", "items": WORD.schema}, nullable=False)
FACTS = Shown({"type": "object"}, nullable=False)
LINKS = Shown(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"href": {"type": "string", "format": "uri"}, "rel": WORD.schema},
            "required": ["href", "rel"],
            "additionalProperties": False,
        },
    },
    nullable=False,
)


def _refusal(text: str, name: str, value: Any) -> exception.InvalidParameterValue:
    shown = redaction.MASK if redaction.is_secret_key(name) else str(redaction.mask(value))
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "..."
    return exception.InvalidParameterValue(text.format(name=name, value=shown))


def check(kind: Kind, name: str, value: Any) -> Any:
    """Check ``value`` by ``kind`` and return the normalised value; None stays None.

    :raises InvalidParameterValue: when it does not fit; the text names the argument.
    """
    return None if value is None else check_given(kind, name, value)


def check_given(kind: Kind, name: str, value: Any) -> Any:
    """Like :func:`check`, but None is not allowed.

    :raises InvalidParameterValue: when it does not fit; the text names the argument.
    """
    try:
        return kind.check(value)
    except ValueError as exc:
        raise _refusal(str(exc), name, value) from None


def query(kinds: Mapping[str, Kind], given: Mapping[str, Any]) -> dict[str, Any]:
    """Check and return the query arguments of a request.

    :param kinds: the arguments of the route.
    :param given: the arguments of the request; a list for a repeated argument.
    :raises InvalidParameterValue: unknown argument or unfit value.
    """
    unknown = sorted(set(given) - set(kinds))
    if unknown:
        raise exception.InvalidParameterValue(f"Unexpected arguments: {', '.join(unknown)}")
    return {name: check(kinds[name], name, value) for name, value in given.items()}


def body_class(name: str, attributes: Mapping[str, Kind], mandatory: Iterable[str] = ()) -> type:
    """Return a WSME type for a request body."""
    needed = set(mandatory)
    attrs = {
        key: wsme.wsattr(kind, name=key, mandatory=key in needed)
        for key, kind in attributes.items()
    }
    return type(name, (wtypes.Base,), {**attrs, "_wsme_attr_order": tuple(attributes)})


def parse_body(body_type: type, document: Any, what: str | None = None) -> dict[str, Any]:
    """Return the attributes that a body sets, checked against its type.

    :param what: the resource, for the message (``Schema error for node: ...``); None where the body holds
        arguments (``Unexpected arguments: ...``), as Ironic tells the two apart.
    :raises InvalidParameterValue: not an object, unknown or missing attribute, unfit value.
    """
    prefix = f"Schema error for {what}: " if what else ""
    if not isinstance(document, dict):
        raise exception.InvalidParameterValue(f"{prefix}the body is not of type 'object'")
    try:
        parsed = wsme_json.fromjson(body_type, document)
    except wsme_exc.UnknownAttribute as exc:
        names = sorted(exc.attributes)
        if what is None:
            text = f"Unexpected arguments: {', '.join(names)}"
        else:
            were = "was" if len(names) == 1 else "were"
            quoted = ", ".join(f"'{name}'" for name in names)
            text = f"{prefix}Additional properties are not allowed ({quoted} {were} unexpected)"
        raise exception.InvalidParameterValue(text) from None
    except wsme_exc.InvalidInput as exc:
        if exc.fieldname not in document:
            text = (
                f"{prefix}'{exc.fieldname}' is a required property"
                if what
                else f"Missing mandatory parameter: {exc.fieldname}"
            )
            raise exception.InvalidParameterValue(text) from None
        raise _refusal(prefix + exc.msg, exc.fieldname, exc.value) from None
    return {name: getattr(parsed, name) for name in document}
