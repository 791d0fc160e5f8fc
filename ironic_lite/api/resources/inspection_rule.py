# SPDX-License-Identifier: Apache-2.0
"""The inspection rule: what to do with a node whose inspection found what the conditions describe."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Reader, Resource, computed
from ironic_lite.common import inspection_rules as language

_MOST = 256


class _Operations(types.Kind):
    """A list of conditions or actions.

    Refusals name places and words of the language only: what a sensitive rule holds is not to be read out of them.
    """

    def __init__(
        self,
        name: str,
        known: Mapping[str, language.Arguments],
        keys: frozenset[str],
        invertible: bool,
        least: int,
    ):
        self.name = name
        self._known = known
        self._keys = keys
        self._invertible = invertible
        self._least = least
        inverted = [f"{language.INVERTED}{word}" for word in known] if invertible else []
        properties = {
            "op": {"enum": [*known, *inverted]},
            "args": {"type": ["object", "array"]},
            "loop": {"type": ["object", "array"]},
            "multiple": {"enum": list(language.MULTIPLE)},
        }
        self.schema = {
            "type": "array",
            "minItems": least,
            "maxItems": _MOST,
            "items": {
                "type": "object",
                "properties": {key: form for key, form in properties.items() if key in keys},
                "required": ["op", "args"],
                "additionalProperties": False,
            },
        }

    def check(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise ValueError("{name} must be a list")
        if len(value) < self._least:
            raise ValueError("{name} must not be empty")
        if len(value) > _MOST:
            raise ValueError(f"{{name}} holds more than {_MOST}")
        for index, item in enumerate(value):
            problem = self._problem(item)
            if problem is not None:
                raise ValueError(f"{{name}}, number {index}: {types.literal(problem)}")
        return value

    def _problem(self, item: Any) -> str | None:
        if not isinstance(item, dict):
            return "it is not an object"
        for needed in ("op", "args"):
            if needed not in item:
                return f"'{needed}' is a required property"
        unknown = sorted(set(item) - self._keys)
        if unknown:
            return f"additional properties are not allowed ({', '.join(unknown)})"
        op = item["op"]
        plain = (
            op.removeprefix(language.INVERTED) if self._invertible and isinstance(op, str) else op
        )
        if not isinstance(plain, str) or plain not in self._known:
            # It is the client's word, not one that the rule held before.
            return f"{str(op)[:32]!r} is not one of {', '.join(self._known)}"
        if not isinstance(item.get("loop", []), (list, dict)):
            return "'loop' is neither a list nor an object"
        if item.get("multiple", language.MULTIPLE[0]) not in language.MULTIPLE:
            return f"'multiple' is not one of {', '.join(language.MULTIPLE)}"
        return _problem_of_arguments(item["args"], self._known[plain])


def _problem_of_arguments(args: Any, expected: language.Arguments) -> str | None:
    takes = f"it takes {', '.join(expected.all)}"
    if isinstance(args, list):
        if len(args) > len(expected.all):
            return f"there are too many arguments; {takes}"
        args = dict(zip(expected.all, args, strict=False))
    if not isinstance(args, dict):
        return "'args' is neither an object nor a list"
    unknown = sorted(set(args) - set(expected.all))
    if unknown:
        return f"unexpected arguments {', '.join(unknown)}; {takes}"
    missing = [name for name in expected.needed if name not in args]
    if missing:
        return f"arguments {', '.join(missing)} are missing; {takes}"
    for name, value in args.items():
        check = _CHECKS.get(name)
        # What is filled in later cannot be judged now.
        if check is not None and not (isinstance(value, str) and "{" in value):
            problem = check(value)
            if problem is not None:
                return f"argument '{name}' {problem}"
    return None


def _regex(value: Any) -> str | None:
    try:
        re.compile(value)
    except (re.error, TypeError, RecursionError, OverflowError):
        return "is not a regular expression"
    return None


def _path(value: Any) -> str | None:
    return (
        None if isinstance(value, str) and value.strip("/") else "is not a path such as /extra/key"
    )


def _url(value: Any) -> str | None:
    good = isinstance(value, str) and value.startswith(("http://", "https://"))
    return None if good else "is not an http or https URL"


def _level(value: Any) -> str | None:
    return (
        None if value in language.LOG_LEVELS else f"is not one of {', '.join(language.LOG_LEVELS)}"
    )


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "regex": _regex,
    "path": _path,
    "url": _url,
    "level": _level,
}


class _Priority(types.Kind):
    """A number; python-ironicclient sends it as a text."""

    name = "priority"
    shown = {"type": "integer", "minimum": 0, "maximum": language.MAX_PRIORITY}
    schema = {"anyOf": [shown, {"type": "string", "pattern": "^[0-9]{1,4}$"}]}

    def check(self, value: Any) -> int:
        number = types.INTEGER.check(value)
        if not 0 <= number <= language.MAX_PRIORITY:
            raise ValueError(f"{{name}} must be between 0 and {language.MAX_PRIORITY}: {{value}}")
        return number


def _unless_sensitive(name: str) -> Callable[[int], Reader]:
    return computed(lambda row, view: None if row["sensitive"] else row[name])


_BOTH: dict[str, Any] = {"create": True, "update": True}

INSPECTION_RULE = Resource(
    "rule",
    "inspection_rules",
    (
        Field(name="uuid", kind=types.UUID, create=True, row=True),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(name="description", kind=types.TEXT, row=True, **_BOTH),
        Field(name="priority", kind=_Priority(), default=0, row=True, **_BOTH),
        Field(
            name="phase",
            kind=types.Choice(*language.PHASES),
            default=language.PHASES[0],
            row=True,
            **_BOTH,
        ),
        Field(name="sensitive", kind=types.BOOLEAN, default=False, **_BOTH),
        Field(
            name="conditions",
            kind=_Operations(
                "conditions",
                language.CONDITIONS,
                keys=frozenset({"op", "args", "loop", "multiple"}),
                invertible=True,
                least=0,
            ),
            default=[],
            sort=False,
            columns=("conditions", "sensitive"),
            reader=_unless_sensitive("conditions"),
            **_BOTH,
        ),
        Field(
            name="actions",
            kind=_Operations(
                "actions",
                language.ACTIONS,
                keys=frozenset({"op", "args", "loop"}),
                invertible=False,
                least=1,
            ),
            mandatory=True,
            sort=False,
            columns=("actions", "sensitive"),
            reader=_unless_sensitive("actions"),
            **_BOTH,
        ),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("uuid",),
            reader=computed(lambda row, view: view.links(f"inspection_rules/{row['uuid']}")),
            row=True,
        ),
    ),
)
